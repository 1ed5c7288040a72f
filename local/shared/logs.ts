import { createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import { join } from "node:path";

/** The functions' logs, a file for each under `<state>/logs`. */
export interface Logs {
  write(functionName: string, line: string): void;
  readonly stop: () => Promise<void>;
}

/** Appends; files are opened at their first line. */
export function openLogs(state: string): Logs {
  const folder = join(state, "logs");
  mkdirSync(folder, { recursive: true });
  const files = new Map<string, WriteStream>();
  return {
    write: (functionName, line) => {
      let file = files.get(functionName);
      if (file === undefined) {
        file = createWriteStream(join(folder, `${functionName}.log`), { flags: "a" });
        files.set(functionName, file);
      }
      file.write(`${line}\n`);
    },
    stop: async () => {
      await Promise.all([...files.values()].map((file) => new Promise<void>((resolve) => file.end(() => resolve()))));
    },
  };
}
