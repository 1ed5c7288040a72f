import { createHash } from "node:crypto";
import { join } from "node:path";
import * as z from "zod";
import { openJournal } from "../outside/journal.ts";

const Published = z.object({ functionName: z.string(), content: z.string() });

/** The published versions of functions, numbered from 1 in each. */
export interface Versions {
  /**
   * Gives the newest version's number; a new one if `content`, the code and the configuration, is not that version's.
   * https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
   */
  publish(functionName: string, content: unknown): string;
  /** The number that `publish` would give. */
  next(functionName: string, content: unknown): string;
}

/** Keeps the versions in the state folder. */
export function openVersions(state: string): Versions {
  const journal = openJournal(join(state, "versions.jsonl"), Published);
  const next = (functionName: string, content: unknown) => {
    const hash = createHash("sha256").update(JSON.stringify(content)).digest("hex");
    const earlier = journal.entries.filter((entry) => entry.functionName === functionName);
    const isNew = earlier.at(-1)?.content !== hash;
    return { hash, isNew, version: String(earlier.length + (isNew ? 1 : 0)) };
  };
  return {
    publish: (functionName, content) => {
      const { hash, isNew, version } = next(functionName, content);
      if (isNew) journal.append({ functionName, content: hash });
      return version;
    },
    next: (functionName, content) => next(functionName, content).version,
  };
}
