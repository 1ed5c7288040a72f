import { cpus } from "node:os";

/**
 * Begins to look at the machine: what is given says how many of its cores have done nothing since, on average. A look of
 * less than 0.1 s says little, since the system counts in hundredths of a second.
 */
export function watchIdleCores(): () => number {
  const [began, before] = [performance.now(), idleMs()];
  return () => (idleMs() - before) / (performance.now() - began);
}

const idleMs = (): number => cpus().reduce((sum, { times }) => sum + times.idle, 0);
