import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { archives, load, unpack } from "../support/archives.ts";
import { evaluateProgram } from "../support/evaluate.ts";
import { defineBench, wholeNumber } from "./shared/bench.ts";
import { median } from "./shared/statistics.ts";

export default defineBench({
  summary: "bytes of each function's zip, and how long a fresh process takes to load it",
  flags: z.strictObject({ runs: wholeNumber("how often each is loaded", 7) }),
  run: async ({ runs }, say) => {
    say("evaluating the program");
    const all = archives(await evaluateProgram({ over: { consumers: { loyalty: {} } } }));
    const folder = await mkdtemp(join(tmpdir(), "order-fanout-bundles-"));
    const figures: { function: string; bytes: number; loadMs: number }[] = [];
    try {
      for (const archive of all) {
        say(archive.name);
        const unpacked = await unpack(archive, folder);
        const times: number[] = [];
        for (let run = 0; run < runs; run += 1) times.push((await load(unpacked, archive)).ms);
        figures.push({ function: archive.name, bytes: archive.zip.length, loadMs: median(times) });
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    const rows = figures.map((one) => [one.function, (one.bytes / 1_024).toFixed(1), one.loadMs.toFixed(0)]);
    return {
      title: `Each function's zip, and the time of its \`require\` in a fresh process, median of ${runs}`,
      table: [["function", "KB", "load, ms"], ...rows],
      figures,
    };
  },
});
