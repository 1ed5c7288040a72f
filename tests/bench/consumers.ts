/**
 * What the evaluation of the program costs by its number of consumers, whose handlers are the registry's in turn. Run as
 * `node tests/bench/consumers.ts [RUNS]`: prints a table of the medians of `npm run graph`'s CPU time, with cached bundles.
 */
import { execFileSync } from "node:child_process";
import { registry } from "../../handlers/index.ts";

const runs = Number(process.argv[2] ?? 3);
const handlers = Object.keys(registry);

/** The CPU time of one `npm run graph` with its child processes, in seconds, as POSIX's `times` says it. */
function cpuSeconds(consumers: number): number {
  const entries = Array.from({ length: consumers }, (_, index) => {
    const entry = { handler: handlers[index % handlers.length], maxConcurrency: 2 };
    return [`c${index + 1}`, entry] as const;
  });
  const none = { inventory: null, notifications: null, shipment: null, analytics: null, audit: null };
  const set = JSON.stringify({ consumers: { ...none, ...Object.fromEntries(entries) } });
  const script = '"$0" commands/graph.ts --set "$1" > /dev/null; times';
  const printed = execFileSync("sh", ["-c", script, process.execPath, set], { encoding: "utf8" });
  const ofChildren = printed.trim().split("\n").at(-1) ?? "";
  return [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)]
    .map(([, minutes, seconds]) => 60 * Number(minutes) + Number(seconds))
    .reduce((sum, seconds) => sum + seconds, 0);
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

cpuSeconds(handlers.length); // fills the cache of the bundles
console.log("consumers   CPU, s   for each above one, ms");
let one = 0;
for (const consumers of [1, 10, 30, 100]) {
  const seconds = median(Array.from({ length: runs }, () => cpuSeconds(consumers)));
  if (consumers === 1) one = seconds;
  const each = consumers === 1 ? "" : ((1_000 * (seconds - one)) / (consumers - 1)).toFixed(0);
  console.log(`${String(consumers).padStart(9)}${seconds.toFixed(2).padStart(9)}${each.padStart(25)}`);
}
