import * as z from "zod";
import { CommandError } from "../../commands/shared/console.ts";
import { CallRecord } from "../../local/endpoint/call-log.ts";
import { defineBench, wholeNumber } from "./shared/bench.ts";
import { runCloud, type RunningCloud } from "./shared/running-cloud.ts";
import { openShop } from "./shared/shop.ts";
import { here } from "./shared/sides.ts";
import { placeOrders } from "./shared/traffic.ts";

/** So many at once fill the consumers' batches of 10. */
const CLIENTS = 40;
/** Calls that the local cloud keeps. */
const KEPT = 10_000;

export default defineBench({
  summary: "calls to AWS and the carrier per shipped order with SMS, without a key, by function and operation",
  flags: z.strictObject({ orders: wholeNumber(`how many orders ${CLIENTS} clients place`, 200) }),
  run: async ({ orders }, say) => {
    await using cloud = await runCloud(here);
    const shop = openShop(cloud);
    await shop.stockUp();
    const place = async (count: number) => {
      const { orderIds } = await placeOrders(cloud.outputs.ordersUrl, CLIENTS, count);
      await shop.untilAllShip(orderIds);
      await shop.untilQuiet();
      return orderIds.length;
    };
    say("every function's first calls");
    await place(CLIENTS);
    const before = (await callsOf(cloud)).at(-1)?.at ?? "";
    say(`${orders} orders`);
    const placed = await place(orders);
    const kept = await callsOf(cloud);
    if (kept.length >= KEPT)
      throw new CommandError(`The local cloud keeps ${KEPT} calls, and there were more. Give fewer --orders.`, 2);
    const counts = countCalls(kept.filter(({ at }) => at > before));
    return {
      title: `${placed} orders by ${CLIENTS} clients, each with its SMS; the relay's calls are left out`,
      table: callsTable(counts, placed),
      notes: [
        "Commit a81524f has no log of calls: the issue that set the bar counted 26 there, in batches of 10, and asks for 16.",
      ],
      figures: { orders: placed, counts },
    };
  },
});

/** How often a function made a call. */
export interface Counted {
  readonly function: string;
  readonly operation: string;
  readonly count: number;
}

/** Counts calls by function and operation. What is scheduled has its calls without orders. */
export function countCalls(made: readonly Pick<CallRecord, "function" | "operation">[]): Counted[] {
  const counts = new Map<string, Counted>();
  for (const call of made) {
    // Without Pulumi's suffix; S3's name goes on with the object's path.
    const name = call.function.replace(/-[0-9a-f]{7}$/, "");
    const [operation = ""] = call.operation.split(" ");
    if (/^(orders-)?(relay|holds)$/.test(name)) continue;
    const key = `${name} ${operation}`;
    counts.set(key, { function: name, operation, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()].sort((a, b) =>
    a.function === b.function ? (a.operation < b.operation ? -1 : 1) : a.function < b.function ? -1 : 1,
  );
}

/** A row for each function and operation, with its calls per order, and their sum. */
export function callsTable(counts: readonly Counted[], orders: number): (string | number)[][] {
  const rows = counts.map(({ function: name, operation, count }) => [
    name,
    operation,
    count,
    (count / orders).toFixed(2),
  ]);
  const sum = counts.reduce((total, { count }) => total + count, 0);
  return [["function", "operation", "calls", "per order"], ...rows, ["all", "", sum, (sum / orders).toFixed(2)]];
}

/** The calls of functions that the local cloud keeps, oldest first. */
async function callsOf({ endpoint }: RunningCloud): Promise<CallRecord[]> {
  const response = await fetch(`${endpoint}/_local/calls`);
  return z.array(CallRecord).parse(await response.json());
}
