import * as z from "zod";
import { identify } from "../../contracts/cloud-event.ts";
import { orderKey } from "../../contracts/orders-table.ts";
import type { InvocationRecord } from "../history/records.ts";
import type { Messaging } from "../messaging/server.ts";
import { parseJson } from "../shared/json.ts";
import { exportsOf, type PageArgs } from "./args.ts";
import { allMessages, consumersOf } from "./queues.ts";
import { getItems, type Item } from "./table.ts";
import type { OrderList, OrderRow } from "./views.ts";

/** An order as its table has it; what an older version wrote may lack some of it. */
const Order = z.object({
  orderId: z.string(),
  placedAt: z.string().catch(""),
  status: z.string().catch("unreadable"),
  customerId: z.string().catch(""),
  total: z.object({ amount: z.number(), currency: z.string() }).optional().catch(undefined),
  items: z.array(z.object({ sku: z.string(), quantity: z.number() })).catch([]),
  shipment: z.object({ trackingNumber: z.string() }).optional().catch(undefined),
});

/** The list of orders. */
export interface Summaries {
  list(): Promise<OrderList>;
  /** Brings up to date what something happened to since; gives these rows. */
  refresh(): Promise<OrderRow[]>;
}

/** Nothing is read of an order before somebody looks, and then only if something has happened to it since. */
export function createSummaries(args: PageArgs): Summaries {
  const { history, program } = args;
  const names = new Map<string, string>();
  const refresh = async (): Promise<OrderRow[]> => {
    const table = exportsOf(program).tables.orders;
    const rows: OrderRow[] = [];
    for (let ids = history.stale(); ids.length > 0; ids = history.stale()) {
      const items = table === undefined ? [] : await getItems(await args.dynamodb, table, ids.map(orderKey));
      const byId = new Map(items.map((item) => [String(item["orderId"]), item]));
      for (const id of ids) {
        const row = rowOf(id, byId.get(id), history.invocations(id), names);
        history.summarize(id, JSON.stringify(row));
        rows.push(row);
      }
    }
    return rows;
  };
  /** Whoever asks meanwhile waits for the same refreshing, and then for one of their own. */
  let running: Promise<OrderRow[]> = Promise.resolve([]);
  const inTurn = (): Promise<OrderRow[]> => (running = running.then(refresh, refresh));
  const fresh = async (): Promise<OrderRow[]> => {
    for (const [name, { functionName }] of Object.entries(exportsOf(program).consumers)) names.set(functionName, name);
    return marked(await inTurn(), args, await args.messaging);
  };
  return {
    refresh: fresh,
    list: async () => {
      await fresh();
      const orders = history.summaries().map((text) => parseJson(text) as OrderRow); // as `refresh` wrote it
      const dropped = history.dropped();
      return { orders: marked(orders, args, await args.messaging), ...(dropped && { dropped }) };
    },
  };
}

function rowOf(
  id: string,
  item: Item | undefined,
  invocations: readonly InvocationRecord[],
  names: ReadonlyMap<string, string>,
): OrderRow {
  const { data } = Order.safeParse(item);
  const consumers: Record<string, "done" | "retrying"> = {};
  for (const { function: called, cause } of invocations) {
    const name = names.get(called);
    if (name === undefined || cause.kind !== "batch") continue;
    const mine = cause.messages.filter(({ orderId }) => orderId === id);
    if (mine.length > 0) consumers[name] = mine.some(({ failed }) => failed) ? "retrying" : "done";
  }
  return {
    id,
    placedAt: data?.placedAt ?? "",
    status: data?.status ?? "unknown",
    customerId: data?.customerId ?? "",
    ...(data?.total && { total: data.total }),
    items: (data?.items ?? []).map(({ sku, quantity }) => `${quantity} × ${sku}`).join(", "),
    ...(data?.shipment && { trackingNumber: data.shipment.trackingNumber }),
    consumers,
  };
}

/** Marks the consumers that have dead letters of an order: nobody is told when a message is set aside. */
function marked(rows: readonly OrderRow[], args: PageArgs, messaging: Messaging): OrderRow[] {
  const dead = new Map<string, string[]>();
  for (const { consumer, deadLetters } of consumersOf(args, messaging)) {
    for (const message of allMessages(deadLetters)) {
      const { orderId } = identify(message.body);
      if (orderId !== undefined) dead.set(orderId, [...(dead.get(orderId) ?? []), consumer]);
    }
  }
  return rows.map((row) => {
    const marks = (dead.get(row.id) ?? []).map((name) => [name, "dead"] as const);
    return marks.length === 0 ? row : { ...row, consumers: { ...row.consumers, ...Object.fromEntries(marks) } };
  });
}
