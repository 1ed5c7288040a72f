import { cpus } from "node:os";

/** A shorter look says little: the system counts in hundredths of a second. */
const LEAST_MS = 100;

let looked = { at: -Infinity, idle: 0 };
let found = 0;

/** How many of the machine's cores did nothing since the last look, which is 0.1 s ago or more; 0 at the first. */
export function idleCores(): number {
  const at = performance.now();
  if (at - looked.at < LEAST_MS) return found;
  const idle = cpus().reduce((sum, { times }) => sum + times.idle, 0);
  found = looked.at === -Infinity ? 0 : (idle - looked.idle) / (at - looked.at);
  looked = { at, idle };
  return found;
}
