import type { LocalCloud } from "../support/cloud.ts";
import { runCommand, runScript, type Ran } from "../support/command.ts";
import type { Shop } from "../support/shop.ts";

/** The one local cloud of these suites, and a command that works on it. */
export interface Shared {
  readonly cloud: LocalCloud;
  readonly shop: Shop;
  readonly run: (command: string, ...words: readonly string[]) => Promise<Ran>;
  /** With a text on its standard input. */
  readonly runWith: (input: string, command: string, ...words: readonly string[]) => Promise<Ran>;
}

/** Runs a command on a local cloud. */
export const runOn = (cloud: LocalCloud, command: string, words: readonly string[]): Promise<Ran> =>
  runCommand(command, words.includes("--state") ? words : [...words, "--state", cloud.state]);

/** Runs a command on a local cloud, with a text on its standard input. */
export const runWithOn = (cloud: LocalCloud, input: string, command: string, words: readonly string[]): Promise<Ran> =>
  runScript(`commands/${command}.ts`, [...words, "--state", cloud.state], { input });

/** What a command prints when all goes well. */
export const printed = (...lines: readonly string[]): Ran => ({ code: 0, stdout: `${lines.join("\n")}\n`, stderr: "" });

/** What a command prints when it cannot do what it is asked. */
export const refused = (...lines: readonly string[]): Ran => ({ code: 1, stdout: "", stderr: `${lines.join("\n")}\n` });

/** A refusal of a wrong call: the reason; the usage follows it. */
export const wrongly = ({ code, stdout, stderr }: Ran) => ({ code, stdout, reason: stderr.split("\n\n")[0] });
export const wrongCall = (reason: string) => ({ code: 2, stdout: "", reason });
