import { execFileSync } from "node:child_process";
import * as z from "zod";
import { registry } from "../../handlers/index.ts";
import { root } from "../support/evaluate.ts";
import { defineBench, wholeNumber } from "./shared/bench.ts";
import { median } from "./shared/statistics.ts";

const handlers = Object.keys(registry);

export default defineBench({
  summary: "CPU of the program's evaluation (`npm run graph`) by its number of consumers, bundles cached",
  flags: z.strictObject({ runs: wholeNumber("how often each is evaluated", 3) }),
  run: async ({ runs }, say) => {
    cpuSeconds(handlers.length); // fills the cache of the bundles
    const figures: { consumers: number; cpuSeconds: number }[] = [];
    for (const consumers of [1, 10, 30, 100]) {
      say(`${consumers} consumers`);
      const seconds = Array.from({ length: runs }, () => cpuSeconds(consumers));
      figures.push({ consumers, cpuSeconds: median(seconds) });
    }
    const one = figures[0]?.cpuSeconds ?? 0;
    const rows = figures.map(({ consumers, cpuSeconds: seconds }) => [
      consumers,
      seconds.toFixed(2),
      consumers === 1 ? "" : ((1_000 * (seconds - one)) / (consumers - 1)).toFixed(0),
    ]);
    return {
      title: `Evaluations of the program, medians of ${runs}; the consumers' handlers are the registry's in turn`,
      table: [["consumers", "CPU, s", "for each above one, ms"], ...rows],
      figures,
    };
  },
});

/** The CPU time of one `npm run graph` with its child processes, in seconds, as POSIX's `times` says it. */
function cpuSeconds(consumers: number): number {
  const entries = Array.from({ length: consumers }, (_, index) => {
    const entry = { handler: handlers[index % handlers.length], maxConcurrency: 2 };
    return [`c${index + 1}`, entry] as const;
  });
  const none = { inventory: null, notifications: null, shipment: null, analytics: null, audit: null };
  const set = JSON.stringify({ consumers: { ...none, ...Object.fromEntries(entries) } });
  const script = '"$0" commands/graph.ts --set "$1" > /dev/null; times';
  const printed = execFileSync("sh", ["-c", script, process.execPath, set], { cwd: root, encoding: "utf8" });
  const ofChildren = printed.trim().split("\n").at(-1) ?? "";
  return [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)]
    .map(([, minutes, seconds]) => 60 * Number(minutes) + Number(seconds))
    .reduce((sum, seconds) => sum + seconds, 0);
}
