/**
 * How long a save takes: from the write of a handler's file to the first answer of its new code. Run as
 * `node tests/bench/reload.ts [SAVES]`: p50 and p95 of a handler's saves, then of saves of a file that every function has,
 * and what the watch and the look at the types cost: time to "ready", and the memory of all processes.
 */
import { readdirSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { freePort } from "../../local/shared/free-port.ts";
import { CloudProcess } from "../support/cloud-process.ts";
import { inCopy } from "../support/project-copy.ts";
import { until } from "../support/until.ts";

const saves = Number(process.argv[2] ?? 20);
const Reload = z.object({ watching: z.boolean(), reports: z.object({ kind: z.string() }).array() });
const Problem = z.object({ detail: z.string() });

const quantile = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.ceil(values.length * q) - 1)] ?? 0;
const summary = (values: readonly number[]): string =>
  `p50 ${quantile(values, 0.5).toFixed(0)} ms, p95 ${quantile(values, 0.95).toFixed(0)} ms, most ${Math.max(...values).toFixed(0)} ms, of ${values.length}`;

/** The resident memory of a process and of all that it started, in MB. */
function memoryOf(pid: number): number {
  const parents = new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), statusOf(Number(name), "PPid")]),
  );
  const all = [pid];
  for (const one of all) for (const [child, parent] of parents) if (parent === one) all.push(child);
  return Math.round(all.reduce((sum, one) => sum + statusOf(one, "VmRSS"), 0) / 1_024);
}

function statusOf(pid: number, field: string): number {
  try {
    return Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0; // it has ended
  }
}

async function run<T>(
  folder: string,
  flags: readonly string[],
  use: (cloud: CloudProcess, readyMs: number) => Promise<T>,
) {
  const began = performance.now();
  const cloud = new CloudProcess(folder, await freePort(2), ["--state", join(folder, ".local"), "--fresh", ...flags]);
  await cloud.ready;
  try {
    return await use(cloud, performance.now() - began);
  } finally {
    await cloud.stop();
  }
}

const reloadOf = async (cloud: CloudProcess) => Reload.parse(await cloud.local("reload"));
const watched = (cloud: CloudProcess) => until("files are watched", async () => (await reloadOf(cloud)).watching);

/** Saves a text of `file` that the API's answers show, again and again. */
async function timeSaves(folder: string, cloud: CloudProcess, file: string, shown: string, times: number) {
  const path = join(folder, file);
  const source = await readFile(path, "utf8");
  const took: number[] = [];
  for (let save = 0; save < times; save++) {
    const words = `${shown} (${file} ${save})`;
    const began = performance.now();
    await writeFile(path, source.replace(shown, words));
    for (;;) {
      const response = await fetch(`${cloud.apiUrl}/nowhere`);
      if (JSON.stringify(await response.json()).includes(`(${file} ${save})`)) break;
      await sleep(5);
    }
    took.push(performance.now() - began);
    await sleep(300); // what follows a save is over: the next one is measured alone
  }
  await writeFile(path, source);
  return took;
}

await inCopy({ cache: true }, async (folder) => {
  await run(folder, ["--watch", "--no-types"], async (cloud) => {
    await watched(cloud);
    await until(
      "the route's function is warm",
      async () => Problem.safeParse(await (await fetch(`${cloud.apiUrl}/nowhere`)).json()).success,
    );
    const handler = await timeSaves(folder, cloud, "handlers/no-route.ts", "There is nothing at", saves);
    console.log(`a handler's file       ${summary(handler)}`);
    const shared = await timeSaves(folder, cloud, "contracts/problems.ts", "There is nothing here", 5);
    console.log(`a file of every route  ${summary(shared)}`);
  });
  for (const flags of [["--no-watch"], ["--watch", "--no-types"], ["--watch"]]) {
    await run(folder, flags, async (cloud, readyMs) => {
      let most = 0;
      const sample = setInterval(() => (most = Math.max(most, memoryOf(cloud.pid))), 100);
      if (flags.includes("--watch")) await watched(cloud);
      if (flags.join() === "--watch")
        await until("the types are looked at", async () =>
          (await reloadOf(cloud)).reports.some(({ kind }) => kind === "types"),
        );
      await sleep(3_000);
      clearInterval(sample);
      const seconds = (readyMs / 1_000).toFixed(2);
      console.log(
        `${flags.join(" ").padEnd(22)} ready in ${seconds} s, ${memoryOf(cloud.pid)} MB then, ${most} MB at most`,
      );
    });
  }
});
