import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { orderOf } from "../support/orders.ts";
import { alternate, sideFlags } from "./shared/alternate.ts";
import { defineBench } from "./shared/bench.ts";
import type { Figures, Metric } from "./shared/pairs.ts";
import { startCloud, type Side, type StartingCloud } from "./shared/running-cloud.ts";
import { openShop, type Shop } from "./shared/shop.ts";

const lower = (key: string, title: string): Metric => ({ key, title, better: "lower" });
const metrics = [
  lower("firstMs", "first start ever, to the first 201, ms"),
  lower("firstThroughMs", "  its order through all consumers, ms later"),
  lower("laterMs", "later start, to the first 201, ms"),
  lower("laterThroughMs", "  its order through all consumers, ms later"),
];

export default defineBench({
  summary: "from `npm start` to the first 201, and until that order is through all consumers",
  flags: z.strictObject(sideFlags({ runs: 5 })),
  run: (flags, say) =>
    alternate(flags, { what: "A start without any cache and state, then one with both", metrics, measure }, say),
});

/** What a first start leaves behind for the later ones. */
const CACHES = /^(bundles|compile|inline.*)$/;

async function measure(side: Side): Promise<Figures> {
  const state = await mkdtemp(join(tmpdir(), "order-fanout-bench-"));
  try {
    const cache = join(side.folder, "node_modules/.cache/order-fanout");
    for (const name of await readdir(cache).catch(() => [])) {
      if (CACHES.test(name)) await rm(join(cache, name), { recursive: true, force: true, maxRetries: 20 });
    }
    const first = await timeStart(side, state);
    const later = await timeStart(side, state);
    return {
      firstMs: first.answerMs,
      firstThroughMs: first.throughMs,
      laterMs: later.answerMs,
      laterThroughMs: later.throughMs,
    };
  } finally {
    await rm(state, { recursive: true, force: true, maxRetries: 20 });
  }
}

/** From before the process until the first order is accepted; and from there until every consumer is done with it. */
async function timeStart(side: Side, state: string): Promise<{ answerMs: number; throughMs: number }> {
  const began = performance.now();
  await using cloud = await startCloud(side, { state });
  const before = Date.now();
  const watching = watch(cloud);
  await untilAccepted(cloud);
  const answered = performance.now();
  const shop = await watching;
  while (!(await isTold(cloud, before)) || !(await shop.isQuiet())) await sleep(5);
  return { answerMs: answered - began, throughMs: performance.now() - answered };
}

/** Asks once, beside the first order: this process's first call takes far longer than the others. */
async function watch(cloud: StartingCloud): Promise<Shop> {
  const shop = openShop({ ...cloud, outputs: await cloud.outputs() });
  await shop.isQuiet();
  return shop;
}

async function untilAccepted({ apiUrl, outputs }: StartingCloud): Promise<void> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify(orderOf());
  let ended = false;
  outputs().catch(() => (ended = true));
  for (;;) {
    const response = await fetch(`${apiUrl}/orders`, { method: "POST", headers, body }).catch(() => undefined);
    if (response?.status === 201) return;
    if (ended) await outputs(); // throws what it printed
    await sleep(5);
  }
}

const Mailbox = z.array(z.looseObject({ channel: z.string(), at: z.string() }));

/** Whether a customer got an SMS since then: it is the last of an order's effects, but for what lies in queues. */
async function isTold({ endpoint }: StartingCloud, since: number): Promise<boolean> {
  const response = await fetch(`${endpoint}/_local/mailbox`);
  return Mailbox.parse(await response.json()).some(({ channel, at }) => channel === "sms" && Date.parse(at) >= since);
}
