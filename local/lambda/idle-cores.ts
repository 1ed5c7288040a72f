import { cpus } from "node:os";

/** What the system has counted so far, in ms. */
interface Reading {
  readonly at: number;
  /** For how long its cores have done nothing, all together. */
  readonly idle: number;
}

/** Reads the machine's cores. The system counts in hundredths of a second: looks of less than 0.1 s say little. */
export const readCores = (): Reading => ({
  at: performance.now(),
  idle: cpus().reduce((sum, { times }) => sum + times.idle, 0),
});

/** Begins to look: what is given says how many of the cores have done nothing since, on average. */
export function watchIdleCores(read = readCores): () => number {
  const before = read();
  return () => {
    const now = read();
    return (now.idle - before.idle) / (now.at - before.at);
  };
}
