import { createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import { join } from "node:path";
import type { DiskTrouble } from "./disk.ts";
import { gatherLines, type Gathered } from "./gathered.ts";

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
  /** Appends one line, without its line break; it is in the file a moment later. */
  write(functionName: string, line: string): void;
  /** Where a function's lines are; there is no file before the first. */
  fileOf(functionName: string): string;
  /** Resolves when every line is in its file. */
  stop(): Promise<void>;
}

/** How long lines may wait to be written together. */
const WAIT_MS = 100;

/** Appends to the files of earlier runs; a file is opened at its first line. */
export async function start({ state, trouble }: LogsArgs): Promise<Logs> {
  const folder = join(state, "logs");
  mkdirSync(folder, { recursive: true });
  const files = new Map<string, WriteStream>();
  const gathered = new Map<string, Gathered>();
  const fileOf = (functionName: string) => join(folder, `${functionName}.log`);
  const append = (functionName: string, lines: string): void => {
    let file = files.get(functionName);
    if (file === undefined) {
      file = createWriteStream(fileOf(functionName), { flags: "a" });
      files.set(functionName, file);
      file.on("error", (error) => {
        files.delete(functionName); // the next line opens it again
        trouble(fileOf(functionName), error);
      });
    }
    file.write(lines);
  };
  return {
    fileOf,
    write: (functionName, line) => {
      let lines = gathered.get(functionName);
      if (lines === undefined) {
        lines = gatherLines(WAIT_MS, (text) => append(functionName, text));
        gathered.set(functionName, lines);
      }
      lines.add(line.startsWith('{"timestamp":"') ? line : `${new Date().toISOString()} ${line}`);
    },
    stop: async () => {
      for (const { flush } of gathered.values()) flush();
      await Promise.all([...files.values()].map((file) => new Promise<void>((resolve) => file.end(() => resolve()))));
    },
  };
}
