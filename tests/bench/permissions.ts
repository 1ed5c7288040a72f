/**
 * What the enforcement of permissions costs: CPU per order of the local cloud, its functions among it, with the calls of
 * functions judged and recorded and without, in alternating pairs on one start. Run as
 * `node tests/bench/permissions.ts [PAIRS] [ORDERS]`: prints both, and the difference with its interval.
 */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import { randomInt, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { start } from "../../local/cloud.ts";
import { forkProgram } from "../../local/program/fork.ts";
import { freePort } from "../../local/shared/free-port.ts";
import { root } from "../support/evaluate.ts";
import { orderOf } from "../support/orders.ts";

const [pairs = 11, orders = 60] = process.argv.slice(2).map(Number);
process.env["TZ"] = "UTC";
const state = await mkdtemp(join(tmpdir(), "order-fanout-bench-"));
const compileCache = join(root, "node_modules/.cache/order-fanout/compile");
let enforced = true;
/** How often each message was logged. */
const logged = new Map<string, number>();
let lastAt = 0;
/** A function that died on a busy machine has logged nothing: after so long without a line all is done. */
const SILENCE_MS = 8_000;
const quiet = () => undefined;

const cloud = await start({
  root,
  state,
  stack: "conformance",
  configFile: "tests/stacks/Pulumi.conformance.yaml",
  port: await freePort(2),
  speed: 60,
  accountConcurrency: 1_000,
  fresh: false,
  drop: false,
  auth: false,
  compileCache,
  program: forkProgram(compileCache),
  enforced: () => enforced,
  say: {
    phase: quiet,
    note: (text) => console.error(text),
    functions: quiet,
    ready: quiet,
    error: (text) => console.error(text),
    log: (_name, line) => {
      lastAt = performance.now();
      const message = /"message":"([^"]+)"/.exec(line)?.[1] ?? "";
      logged.set(message, (logged.get(message) ?? 0) + 1);
    },
  },
});
const { ordersUrl, tables } = z
  .looseObject({ ordersUrl: z.string(), tables: z.looseObject({ stock: z.string() }) })
  .parse(cloud.outputs);
await cloud.warm();
const credentials = { accessKeyId: "local", secretAccessKey: "local" };
const documents = DynamoDBDocumentClient.from(
  new DynamoDBClient({ region: cloud.region, endpoint: cloud.endpoint, credentials }),
);
const Item = { sku: "BENCH", name: "Bench", unitPrice: 100, currency: "EUR", onHand: 1_000_000 };
await documents.send(new PutCommand({ TableName: tables.stock, Item }));

/** What is logged of an order that has gone through all, and how often. */
const steps = { booked: 1, "SMS sent": 1, "e-mail sent": 2, stored: 3, audited: 1 };

async function place(): Promise<void> {
  const customer = {
    name: "Ada Lovelace",
    email: `${randomUUID()}@example.com`,
    phone: `+44207${String(randomInt(10_000_000)).padStart(7, "0")}`,
    smsConsent: true,
  };
  const body = JSON.stringify(orderOf({ customer, items: [{ sku: "BENCH", quantity: 1 }] }));
  const headers = { "content-type": "application/json", "idempotency-key": randomUUID() };
  // A busy machine answers 503 now and then; the key makes it safe to ask again.
  for (let attempt = 0; attempt < 20; attempt++) {
    const response = await fetch(ordersUrl, { method: "POST", headers, body });
    await response.arrayBuffer();
    if (response.status === 201) return;
    if (response.status < 500) throw new Error(`POST /orders answered ${response.status}`);
  }
  throw new Error("20 times no 201");
}

/** CPU of this process for each order, in ms, until all orders have gone through all. */
async function measure(judging: boolean): Promise<number> {
  enforced = judging;
  logged.clear();
  const before = process.cpuUsage();
  for (let placed = 0; placed < orders; placed += 5) await Promise.all(Array.from({ length: 5 }, place));
  const through = () => Object.entries(steps).every(([message, times]) => (logged.get(message) ?? 0) >= times * orders);
  while (!through() && performance.now() - lastAt < SILENCE_MS) await sleep(20);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / orders;
}

await measure(true);
await measure(false);
const rounds: { judged: number; free: number }[] = [];
for (let round = 0; round < pairs; round++) {
  const first = await measure(round % 2 === 0);
  const second = await measure(round % 2 !== 0);
  const [judged, free] = round % 2 === 0 ? [first, second] : [second, first];
  rounds.push({ judged, free });
  console.log(`pair ${round + 1}: ${judged.toFixed(2)} ms judged, ${free.toFixed(2)} ms not`);
}
await cloud.stop();
await rm(state, { recursive: true, force: true });

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const more = rounds.map(({ judged, free }) => 100 * (judged / free - 1));
const average = mean(more);
const deviation = Math.sqrt(more.reduce((sum, value) => sum + (value - average) ** 2, 0) / Math.max(1, pairs - 1));
/** Student's t for 95 % and as many pairs less one; beyond 30 it hardly changes. */
const t = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23][pairs - 2] ?? 2.04;
const half = (t * deviation) / Math.sqrt(pairs);
console.log(
  `CPU per order over ${pairs} alternating pairs of ${orders} orders: ${mean(rounds.map(({ judged }) => judged)).toFixed(2)} ms judged, ` +
    `${mean(rounds.map(({ free }) => free)).toFixed(2)} ms not: ${average.toFixed(1)} % more ` +
    `(95 % interval ${(average - half).toFixed(1)} to ${(average + half).toFixed(1)} %)`,
);
process.exit(0);
