/**
 * How long `npm start` takes: from the process's start to the API's first answer, and from there until the first order
 * has gone through all its consumers. Run as `node tests/bench/start.ts [RUNS]`; medians of later starts and of first
 * starts, for which every cache is removed.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../local/shared/free-port.ts";
import { orderOf } from "../support/orders.ts";

const runs = Number(process.argv[2] ?? 5);

async function measure(state: string): Promise<{ answer: number; ready: number; done: number }> {
  const port = await freePort(2);
  const began = performance.now();
  const since = () => performance.now() - began;
  const child = spawn("npm", ["start", "--silent", "--", "--json", "--state", state, "--port", String(port)], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  let ready = 0;
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    if (ready === 0 && output.includes('"event":"ready"')) ready = since();
  });
  const body = JSON.stringify(orderOf());
  const headers = { "content-type": "application/json" };
  let answered = false;
  while (!answered) {
    const response = await fetch(`http://127.0.0.1:${port}/orders`, { method: "POST", headers, body }).catch(
      () => undefined,
    );
    answered = response?.status === 201;
    if (!answered) await sleep(5);
  }
  const answer = since();
  // Booked, told by e-mail and by SMS, and every event of it stored: the order has gone through all.
  const steps = ["audited", "confirmed", "booked", "SMS sent"];
  const stored = () => output.match(/"message":"stored"/g)?.length ?? 0;
  const all = () => steps.every((step) => output.includes(step)) && stored() >= 3;
  while (!all()) await sleep(2);
  const done = since();
  if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
  await once(child, "exit");
  return { answer, ready, done };
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const seconds = (ms: number) => `${(ms / 1_000).toFixed(2)} s`;

const cache = "node_modules/.cache/order-fanout";
for (const kind of ["later", "first"] as const) {
  const state = await mkdtemp(join(tmpdir(), "order-fanout-bench-"));
  if (kind === "later") await measure(state);
  const results: Awaited<ReturnType<typeof measure>>[] = [];
  for (let run = 0; run < runs; run++) {
    if (kind === "first") {
      await rm(cache, { recursive: true, force: true, maxRetries: 20 });
      await rm(state, { recursive: true, force: true });
    }
    results.push(await measure(state));
  }
  await rm(state, { recursive: true, force: true });
  const answers = results.map(({ answer }) => answer);
  console.log(
    `${kind.padEnd(5)} starts, median of ${runs}: first 201 after ${seconds(median(answers))} ` +
      `(${seconds(Math.min(...answers))} to ${seconds(Math.max(...answers))}), ` +
      `through all consumers ${seconds(median(results.map(({ answer, done }) => done - answer)))} later`,
  );
}
