import { createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import { join } from "node:path";
import type { DiskTrouble } from "./disk.ts";

/** Where the logs go. */
export interface LogsArgs {
  /** The state folder. */
  readonly state: string;
  /** Takes failures to write; the line is then lost. */
  readonly trouble: DiskTrouble;
}

/**
 * The functions' logs, a file for each under `<state>/logs`: JSON lines with a timestamp as they are, any other line
 * after the time at which it was written.
 */
export interface Logs {
  /** Appends one line, without its line break. */
  write(functionName: string, line: string): void;
  /** Where a function's lines are; there is no file before the first. */
  fileOf(functionName: string): string;
  /** Resolves when every line is in its file. */
  stop(): Promise<void>;
}

/** Appends to the files of earlier runs; a file is opened at its first line. */
export async function start({ state, trouble }: LogsArgs): Promise<Logs> {
  const folder = join(state, "logs");
  mkdirSync(folder, { recursive: true });
  const files = new Map<string, WriteStream>();
  const fileOf = (functionName: string) => join(folder, `${functionName}.log`);
  return {
    fileOf,
    write: (functionName, line) => {
      let file = files.get(functionName);
      if (file === undefined) {
        file = createWriteStream(fileOf(functionName), { flags: "a" });
        files.set(functionName, file);
        file.on("error", (error) => {
          files.delete(functionName); // the next line opens it again
          trouble(fileOf(functionName), error);
        });
      }
      file.write(line.startsWith('{"timestamp":"') ? `${line}\n` : `${new Date().toISOString()} ${line}\n`);
    },
    stop: async () => {
      await Promise.all([...files.values()].map((file) => new Promise<void>((resolve) => file.end(() => resolve()))));
    },
  };
}
