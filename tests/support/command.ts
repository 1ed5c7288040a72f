import { execFile } from "node:child_process";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one of the commands as its npm script does. */
export const runCommand = (name: string, words: readonly string[]): Promise<Ran> =>
  runScript(`commands/${name}.ts`, words);

/** Runs a file of the project on this Node. */
export function runScript(file: string, words: readonly string[], timeout = 140_000): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...words], { timeout }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
  });
}
