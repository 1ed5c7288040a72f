import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import * as z from "zod";
import { CommandError } from "./console.ts";

const Patch = z.record(z.string(), z.unknown());

/**
 * Reads the `--set` of a command: a merge patch as JSON, or the name of a file with it.
 * @throws CommandError saying how to write it.
 */
export async function readPatch(given: string): Promise<object> {
  const inline = given.trimStart().startsWith("{");
  const text = inline ? given : await readFile(resolve(given), "utf8").catch(() => undefined);
  if (text === undefined) {
    throw new CommandError(
      `--set ${given}: there is no such file. Give a JSON object, or the name of a file with one.`,
      2,
    );
  }
  try {
    return Patch.parse(JSON.parse(text));
  } catch {
    throw new CommandError(`--set ${given}: is no JSON object. Write it as in --set '{"production":true}'.`, 2);
  }
}
