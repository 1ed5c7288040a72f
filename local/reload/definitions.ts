import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import * as z from "zod";
import type { FunctionConfig } from "../lambda/execution-environment.ts";
import { Answer, type Ask } from "./definition-worker.ts";
import type { Problem } from "./report.ts";

/** What came of loading a bundle. */
export interface Loaded {
  /** What it declares, as a text to compare; none where it fails before. */
  readonly digest?: string | undefined;
  /** Why it does not load, with file and line of the source. */
  readonly problem?: Problem;
}

/** Looks at what bundles define. */
export interface Definitions {
  /** Loads a function's bundle; `packages` names what it takes of packages. */
  of(config: FunctionConfig, packages: string): Promise<Loaded>;
  stop(): Promise<void>;
}

/** Lambda's own limit for loading the code. */
const LOAD_MS = 10_000;
/** The thread is kept while somebody edits. */
const IDLE_MS = 120_000;

/** Starts a thread for it when it is first asked. */
export function createDefinitions(): Definitions {
  const known = new Map<string, Loaded>();
  let thread: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  /** Settles the question that is asked now. */
  let settle: (answer: Answer) => void = () => {};

  const end = async (): Promise<void> => {
    clearTimeout(idle);
    const ended = thread;
    thread = undefined;
    await ended?.terminate();
  };

  const begin = (): Worker => {
    const begun = new Worker(new URL("./definition-worker.ts", import.meta.url), {
      stdout: true,
      stderr: true,
      execArgv: [],
    });
    const fail = (message: string): void => {
      if (thread !== begun) return;
      thread = undefined;
      settle({ failure: { message, stack: "" } });
    };
    begun.on("message", (raw) => settle(Answer.parse(raw)));
    begun.on("error", (error) => fail(String(error)));
    begun.on("exit", () => fail("it ends the process while it is loaded"));
    return begun;
  };

  const ask = async (question: Ask): Promise<Answer> => {
    clearTimeout(idle);
    const { promise, resolve } = Promise.withResolvers<Answer>();
    settle = resolve;
    thread ??= begin();
    thread.postMessage(question);
    const late = setTimeout(() => {
      void end();
      resolve({ failure: { message: `it does not load within ${LOAD_MS / 1000} s`, stack: "" } });
    }, LOAD_MS);
    const answer = await promise;
    clearTimeout(late);
    idle = setTimeout(() => void end(), IDLE_MS).unref();
    return answer;
  };

  return {
    of: async ({ folder, handler, environment }, packages) => {
      const file = join(folder, `${handler.split(".")[0]}.js`);
      const kept = known.get(folder);
      if (kept !== undefined) return kept;
      const { digest, failure } = await ask({ file, packages, environment: { ...environment } });
      const loaded = { digest, ...(failure && { problem: placed(failure, file) }) };
      if (!failure) known.set(folder, loaded);
      return loaded;
    },
    stop: end,
  };
}

const Payload = z.object({
  version: z.number(),
  sources: z.array(z.string()),
  names: z.array(z.string()),
  mappings: z.string(),
});

/** The first frame of an error that is in the bundle, by its source map. */
function placed({ message, stack }: { message: string; stack: string }, file: string): Problem {
  const frames = stack.split("\n").filter((line) => line.includes(`${file}:`));
  const map = Payload.parse(JSON.parse(readFileSync(`${file}.map`, "utf8")));
  const sources = new SourceMap({ file, sourceRoot: "", sourcesContent: [], ...map });
  for (const frame of frames) {
    const [, line = "1", column = "1"] = /:(\d+):(\d+)\)?$/.exec(frame) ?? [];
    const entry = sources.findEntry(Number(line) - 1, Number(column) - 1);
    if ("originalSource" in entry && entry.originalSource && entry.originalSource !== "entry")
      return { file: entry.originalSource, line: entry.originalLine + 1, column: entry.originalColumn + 1, message };
  }
  return { message };
}
