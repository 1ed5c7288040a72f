import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { freePort } from "../../local/shared/free-port.ts";
import { CloudProcess } from "../support/cloud-process.ts";
import { inCopy } from "../support/project-copy.ts";
import { until } from "../support/until.ts";
import { defineBench, wholeNumber, type Say } from "./shared/bench.ts";
import { requireProc, usageOf } from "./shared/process-tree.ts";
import { percentile } from "./shared/statistics.ts";

const Reload = z.object({ watching: z.boolean(), reports: z.object({ kind: z.string() }).array() });

/** What is saved: a text of a file that the API's answers show. */
const SAVED = [
  { what: "a handler's file", file: "handlers/no-route.ts", text: "There is nothing at", share: 1 },
  { what: "a file of seven functions", file: "contracts/problems.ts", text: "There is nothing here", share: 0.25 },
];
/** The flags of `npm start` whose cost is compared. */
const KINDS = [["--no-watch"], ["--watch", "--no-types"], ["--watch"]];

export default defineBench({
  summary: "from a save to the first answer of the new code; what the watch and the look at the types cost",
  flags: z.strictObject({ saves: wholeNumber("how often a handler's file is saved", 20) }),
  run: ({ saves }, say) => {
    requireProc();
    return inCopy({ cache: true }, async (folder) => {
      const times = await runIn(folder, ["--watch", "--no-types"], (cloud) => timeAll(folder, cloud, saves, say));
      const costs = [];
      for (const flags of KINDS) {
        say(`npm start -- ${flags.join(" ")}`);
        costs.push(await runIn(folder, flags, (cloud, readyMs) => costOf(cloud, flags, readyMs)));
      }
      return {
        title: `${saves} saves, each until the API answers by the new code`,
        table: [
          ["saved", "p50 ms", "p95 ms", "most ms"],
          ...times.map(({ what, ms }) => [what, ...[0.5, 0.95, 1].map((share) => Math.round(percentile(ms, share)))]),
          [],
          ["npm start --", "ready ms", "MB then", "MB at most"],
          ...costs.map(({ flags, readyMs, memoryMb, mostMb }) => [
            flags,
            ...[readyMs, memoryMb, mostMb].map(Math.round),
          ]),
        ],
        notes: ["The bar is a p95 of 300 ms for a handler's file, on two idle cores."],
        figures: { times, costs },
      };
    });
  },
});

async function runIn<T>(
  folder: string,
  flags: readonly string[],
  use: (cloud: CloudProcess, readyMs: number) => Promise<T>,
): Promise<T> {
  const began = performance.now();
  const cloud = new CloudProcess(folder, await freePort(2), ["--state", join(folder, ".local"), "--fresh", ...flags]);
  await cloud.ready;
  const readyMs = performance.now() - began;
  try {
    return await use(cloud, readyMs);
  } finally {
    await cloud.stop();
  }
}

const reloadOf = async (cloud: CloudProcess) => Reload.parse(await cloud.local("reload"));
const watched = (cloud: CloudProcess) => until("files are watched", async () => (await reloadOf(cloud)).watching);

async function timeAll(folder: string, cloud: CloudProcess, saves: number, say: Say) {
  await watched(cloud);
  const times = [];
  for (const { what, file, text, share } of SAVED) {
    say(`saves of ${what}`);
    times.push({ what, ms: await timeSaves(folder, cloud, file, text, Math.ceil(saves * share)) });
  }
  return times;
}

async function timeSaves(folder: string, cloud: CloudProcess, file: string, text: string, saves: number) {
  const path = join(folder, file);
  const source = await readFile(path, "utf8");
  const took: number[] = [];
  for (let save = 0; save <= saves; save++) {
    const mark = `(save ${save} of ${file})`;
    const began = performance.now();
    await writeFile(path, source.replace(text, `${text} ${mark}`));
    while (!(await (await fetch(`${cloud.apiUrl}/nowhere`)).text()).includes(mark)) await sleep(5);
    took.push(performance.now() - began);
    await sleep(500); // what follows a save is over: each is measured alone
  }
  await writeFile(path, source);
  return took.slice(1); // the first one compiles what saves are worked with
}

/** Memory when nothing goes on any more, and at most. */
async function costOf(cloud: CloudProcess, flags: readonly string[], readyMs: number) {
  let mostMb = 0;
  const sample = async () => void (mostMb = Math.max(mostMb, (await usageOf(cloud.pid)).memoryMb));
  const sampling = setInterval(() => void sample(), 250);
  if (flags.includes("--watch")) await watched(cloud);
  if (!flags.includes("--no-types") && flags.includes("--watch"))
    await until("the types are looked at", async () =>
      (await reloadOf(cloud)).reports.some(({ kind }) => kind === "types"),
    );
  await sleep(5_000); // every function is warm
  clearInterval(sampling);
  const { memoryMb } = await usageOf(cloud.pid);
  return { flags: flags.join(" "), readyMs, memoryMb, mostMb: Math.max(mostMb, memoryMb) };
}
