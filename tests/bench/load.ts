import type { Figures, Metric } from "./shared/pairs.ts";
import { alternate, sideFlags } from "./shared/alternate.ts";
import { defineBench, wholeNumber } from "./shared/bench.ts";
import { requireProc, usageOf } from "./shared/process-tree.ts";
import { runCloud, type Side } from "./shared/running-cloud.ts";
import { openShop } from "./shared/shop.ts";
import { median, percentile } from "./shared/statistics.ts";
import { placeOrder, placeOrders } from "./shared/traffic.ts";
import * as z from "zod";

const CLIENTS = 16;
/** From so many orders on, the memory is the one of a cloud that has run for long. */
const MANY = 12_000;

const metricsOf = (orders: number): Metric[] => [
  { key: "postP50Ms", title: "POST p50, one client back to back, ms", better: "lower", bar: 1 / 3 },
  { key: "postP99Ms", title: "POST p99, one client back to back, ms", better: "lower" },
  { key: "shippingP50Ms", title: "POST to `shipping` p50, ms", better: "lower", bar: 1 / 2 },
  { key: "acceptedPerSecond", title: `accepted a second, ${CLIENTS} clients`, better: "higher", bar: 3 },
  { key: "shippedPerSecond", title: "shipped a second, drain included", better: "higher", bar: 3 },
  { key: "manyP50Ms", title: `POST p50 at ${CLIENTS} clients, ms`, better: "lower" },
  { key: "manyP99Ms", title: `POST p99 at ${CLIENTS} clients, ms`, better: "lower", bar: 1 / 3 },
  {
    key: "memoryMb",
    title: `memory (PSS) after ${orders} orders, MB`,
    better: "lower",
    bar: orders >= MANY ? 1 / 6 : 1 / 3,
  },
  { key: "cpuMsPerOrder", title: "CPU per order, all processes, ms", better: "lower", bar: 1 / 3 },
];

export default defineBench({
  summary: "orders a second, latencies, memory and CPU of `npm start` under load",
  flags: z.strictObject({
    ...sideFlags({ runs: 1 }),
    orders: wholeNumber(
      `how many orders the ${CLIENTS} clients place; 12000 for the memory of a long run`,
      1_000,
      CLIENTS,
    ),
    single: wholeNumber("how many orders the one client places back to back", 200),
  }),
  run: (flags, say) => {
    requireProc();
    const { orders, single } = flags;
    const what = `One client, ${single} orders back to back; then ${CLIENTS} clients, ${orders} orders, closed loop`;
    return alternate(
      flags,
      { what, metrics: metricsOf(orders), measure: (side) => measure(side, orders, single) },
      say,
    );
  },
});

async function measure(side: Side, orders: number, single: number): Promise<Figures> {
  await using cloud = await runCloud(side);
  const { ordersUrl } = cloud.outputs;
  const shop = openShop(cloud);
  await shop.stockUp();
  const settle = async (orderIds: readonly string[]) => {
    await shop.untilAllShip(orderIds);
    await shop.untilQuiet();
  };

  // Every function has loaded and has run for a while.
  await settle((await placeOrders(ordersUrl, 4, 60)).orderIds);

  const alone = await placeOrders(ordersUrl, 1, single);
  await settle(alone.orderIds);

  const shippingMs: number[] = [];
  for (let placed = 0; placed < Math.ceil(single / 4); placed += 1) {
    const began = performance.now();
    await shop.untilShipping(await placeOrder(ordersUrl));
    shippingMs.push(performance.now() - began);
  }
  await shop.untilQuiet();

  const before = await usageOf(cloud.pid);
  const began = performance.now();
  const many = await placeOrders(ordersUrl, CLIENTS, orders);
  await shop.untilAllShip(many.orderIds);
  const shippedMs = performance.now() - began;
  await shop.untilQuiet();
  const after = await usageOf(cloud.pid);

  const accepted = many.orderIds.length;
  const others = Object.entries(many.others).map(([kind, count]) => `${count} times ${kind}`);
  if (others.length > 0)
    console.error(`${side.name}: of ${orders} orders ${accepted} were accepted, and ${others.join(", ")}`);
  return {
    postP50Ms: median(alone.answerMs),
    postP99Ms: percentile(alone.answerMs, 0.99),
    shippingP50Ms: median(shippingMs),
    acceptedPerSecond: (1_000 * accepted) / many.durationMs,
    shippedPerSecond: (1_000 * accepted) / shippedMs,
    manyP50Ms: median(many.answerMs),
    manyP99Ms: percentile(many.answerMs, 0.99),
    memoryMb: after.memoryMb,
    cpuMsPerOrder: (after.cpuMs - before.cpuMs) / accepted,
  };
}
