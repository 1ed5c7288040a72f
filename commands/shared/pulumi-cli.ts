import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { CommandError } from "./console.ts";

/** How a program is run. */
export interface RunOptions {
  /** It has this process's terminal, so that it can ask; nothing of what it writes is given back. Default false. */
  readonly interactive?: boolean;
  /** Variables beside this process's own; undefined takes one out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs the Pulumi CLI on the path, or the one that `npm run pulumi` fetches, and gives what it writes on standard output.
 * @throws CommandError with what it said, if it fails.
 */
export async function runPulumi(words: readonly string[], options: RunOptions = {}): Promise<string> {
  try {
    return await run("pulumi", words, options);
  } catch (error) {
    if (!isMissing(error)) throw error;
    return run("npm", ["run", "--silent", "pulumi", "--", ...words], options);
  }
}

/**
 * Runs a program to its end and gives what it writes on standard output.
 * @throws CommandError with what it said, if it fails; the system's own error, if there is no such program.
 */
export async function run(command: string, words: readonly string[], options: RunOptions = {}): Promise<string> {
  const { interactive = false, env = {} } = options;
  const child = spawn(command, words, {
    stdio: interactive ? "inherit" : ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const [code, output, errors] = await Promise.all([
    ended,
    child.stdout ? text(child.stdout) : "",
    child.stderr ? text(child.stderr) : "",
  ]);
  if (code === 0) return output;
  throw new CommandError(errors.trim() || `${command} ${words.join(" ")} ended with ${code}.`);
}

/** Whether a program could not be started because there is none of that name. */
export const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT";
