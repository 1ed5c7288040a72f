import { QueryCommand } from "@aws-sdk/lib-dynamodb";
import { identify } from "../contracts/cloud-event.ts";
import { effectsIn, StoredEffect } from "../contracts/ledger.ts";
import { OrderStatus } from "../contracts/order.ts";
import { orderAndEvents, splitEntries, timelineOf } from "../contracts/orders-table.ts";
import { columns, CommandError, main, readArguments, unknownName, wrongCall } from "./shared/console.ts";
import { depth, peek } from "./shared/dead-letters.ts";
import { erasedText, eraseContact } from "./shared/erase-contact.ts";
import { findOrderId, noOrder, scanOrders, type OrderSummary } from "./shared/find-order.ts";
import { readAddress, releaseOrder } from "./shared/release-order.ts";
import { openTarget, targetOptions, targetUsage, type Target } from "./shared/target.ts";

const usage = `npm run orders -- list        the newest orders
npm run orders -- show ID     an order, its timeline, its effects, and where it stands in each queue;
                              ID may be its first digits, 4 or more
npm run orders -- erase ID    deletes an order's name, addresses and phone number now; the order itself stays
npm run orders -- release ID  lets an order go that is on hold: its shipment is booked again

  --address FILE    release: to the address in FILE, JSON as \`shippingAddress\` of POST /orders
  --status S        list: only ${OrderStatus.options.join(", ")}
  --limit N         list: at most N orders (default 20)
  --force           erase: also where the order has not ended, and can then neither ship nor tell its customer
${targetUsage}

list and a shortened ID read the whole orders table: on a deployed stack each item costs a read.`;

const options = {
  ...targetOptions,
  json: { type: "boolean" },
  status: { type: "string" },
  limit: { type: "string", default: "20" },
  force: { type: "boolean", default: false },
  address: { type: "string" },
} as const;

/** The newest orders, and how many more there are. */
async function list(target: Target, status: OrderStatus | undefined, limit: number) {
  let newest: OrderSummary[] = [];
  let count = 0;
  const keepNewest = () => {
    newest.sort((a, b) => (a.placedAt > b.placedAt ? -1 : 1));
    newest = newest.slice(0, limit);
  };
  for await (const order of scanOrders(target, { status })) {
    count++;
    newest.push(order);
    if (newest.length > limit + 1_000) keepNewest();
  }
  keepNewest();
  return { orders: newest, more: count - newest.length };
}

function listText({ orders, more }: Awaited<ReturnType<typeof list>>, status: OrderStatus | undefined): string {
  if (orders.length === 0) return status ? `No order is ${status}.` : "There are no orders.";
  const rows = orders.map(({ orderId, placedAt, status, customerId, total }) => [
    placedAt,
    orderId,
    status,
    total?.amount ?? "",
    total?.currency ?? "",
    customerId,
  ]);
  const table = columns([["PLACED", "ORDER", "STATUS", "TOTAL", "", "CUSTOMER"], ...rows]);
  return more > 0 ? `${table}\n${more} more: raise --limit to see them.` : table;
}

async function find(target: Target, orderId: string) {
  const { order, events } = await orderAndItsEvents(target, orderId);
  const timeline = timelineOf(events).map(({ id, type, at, outboxSince }) => ({
    id,
    type,
    at,
    published: outboxSince === undefined,
  }));
  const ofEvents = await Promise.all(
    timeline.map(async ({ id, type }) => {
      const found = await effectsOf(target, id);
      return found.map((effect) => ({ event: type, ...effect }));
    }),
  );
  return { order, timeline, effects: ofEvents.flat(), queues: await standing(target, orderId) };
}

/** Without the order's contact, which has no place on a screen that somebody else may see. */
async function orderAndItsEvents({ documents, outputs }: Target, orderId: string) {
  const { Items = [] } = await documents.send(
    new QueryCommand({ TableName: outputs.tables.orders, ConsistentRead: true, ...orderAndEvents(orderId) }),
  );
  const { order, events } = splitEntries(Items);
  if (!order) throw noOrder(orderId);
  return { order, events };
}

async function effectsOf({ documents, outputs }: Target, eventId: string) {
  const { Items } = await documents.send(
    new QueryCommand({
      TableName: outputs.tables.effects,
      ConsistentRead: true,
      KeyConditionExpression: "eventId = :eventId",
      ExpressionAttributeValues: { ":eventId": eventId },
    }),
  );
  return StoredEffect.array()
    .parse(Items ?? [])
    .flatMap(effectsIn);
}

/** Of a live queue only the counts are asked: to receive a message is to take it from its consumer. */
async function standing(target: Target, orderId: string) {
  return Promise.all(
    Object.entries(target.outputs.consumers).map(async ([consumer, { queueUrl, deadLetterQueueUrl }]) => {
      const [queue, dead] = await Promise.all([depth(target, queueUrl), depth(target, deadLetterQueueUrl)]);
      const letters = dead.waiting > 0 ? await peek(target, deadLetterQueueUrl) : [];
      const mine = letters.flatMap(({ Body: body }) => {
        const found = identify(body ?? "");
        return found.orderId === orderId && found.event !== undefined ? [found.event] : [];
      });
      return { consumer, ...queue, deadLetters: dead.waiting + dead.inFlight, deadLettersOfThisOrder: mine };
    }),
  );
}

function showText({ order, timeline, effects, queues }: Awaited<ReturnType<typeof find>>): string {
  const shipment = order.shipment ? `, ${order.shipment.carrier} ${order.shipment.trackingNumber}` : "";
  const section = (title: string, rows: (string | number)[][], none: string) =>
    `${title}\n${(rows.length > 0 ? columns(rows) : none).replace(/^/gm, "  ")}`;
  return [
    `Order ${order.orderId}: ${order.status}${shipment}`,
    `  ${order.customerId}, placed ${order.placedAt}, ${order.total.amount} ${order.total.currency} in minor units`,
    section(
      "Items",
      order.items.map(({ sku, name, quantity }) => [quantity, sku, name]),
      "",
    ),
    section(
      "Timeline",
      timeline.map(({ type, at, published }) => [at, type, published ? "" : "waits in the outbox"]),
      "empty",
    ),
    section(
      "Effects",
      effects.map(({ event, effect, outcome, at }) => [
        effect.replace("#", " "),
        event,
        outcome ? `${outcome.outcome}${outcome.reason ? ` (${outcome.reason})` : ""}` : "claimed, not known to be done",
        at ?? "",
      ]),
      "none yet",
    ),
    section(
      "Queues (of all orders)",
      queues.map(({ consumer, waiting, inFlight, deadLetters, deadLettersOfThisOrder: mine }) => [
        consumer,
        `${waiting} waiting`,
        `${inFlight} in flight`,
        `${deadLetters} dead letters${mine.length > 0 ? `, of this order: ${mine.join(", ")}` : ""}`,
      ]),
      "no consumers",
    ),
  ].join("\n");
}

function readStatus(word: string | undefined): OrderStatus | undefined {
  if (word === undefined) return undefined;
  const { data } = OrderStatus.safeParse(word);
  if (!data) throw unknownName("status", word, OrderStatus.options, 2);
  return data;
}

function readLimit(word: string): number {
  if (!/^\d+$/.test(word) || !Number.isSafeInteger(Number(word)) || Number(word) < 1)
    throw new CommandError(`--limit is a whole number from 1 on; got "${word}".`, 2);
  return Number(word);
}

await main(usage, async () => {
  const { values, positionals } = readArguments(options);
  const [verb, word, ...more] = positionals;
  const print = (data: unknown, text: string) => console.log(values.json ? JSON.stringify(data) : text);
  if (verb === "list" && word === undefined) {
    const [status, limit] = [readStatus(values.status), readLimit(values.limit)];
    const found = await list(await openTarget(values), status, limit);
    return print(found, listText(found, status));
  }
  if (verb === "show" && word !== undefined && more.length === 0) {
    const target = await openTarget(values);
    const found = await find(target, await findOrderId(target, word));
    return print(found, showText(found));
  }
  if (verb === "erase" && word !== undefined && more.length === 0) {
    const target = await openTarget(values);
    const erased = await eraseContact(target, await findOrderId(target, word), values.force);
    return print(erased, erasedText(erased));
  }
  if (verb === "release" && word !== undefined && more.length === 0) {
    const shippingAddress = await readAddress(values.address);
    const target = await openTarget(values);
    const orderId = await findOrderId(target, word);
    const released = await releaseOrder(target, orderId, shippingAddress);
    return print(released, `Order ${orderId} is confirmed again: its shipment is booked anew.`);
  }
  throw wrongCall(positionals);
});
