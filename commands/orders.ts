import { QueryCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { StoredEffect } from "../contracts/ledger.ts";
import { splitEntries, timelineOf } from "../contracts/orders-table.ts";
import { columns, CommandError, main, readArguments } from "./shared/console.ts";
import { depth, peek } from "./shared/dead-letters.ts";
import { openTarget, targetOptions, type Target } from "./shared/target.ts";

const usage = `npm run orders -- show ID      the order, its timeline, its effects, and where it stands in each queue

  --stack NAME   a deployed stack instead of the local cloud
  --state DIR    the local cloud's folder (default .local)
  --json         for programs`;

const Body = z.object({ subject: z.string(), type: z.string() });

async function find(target: Target, orderId: string) {
  const { orders, effects } = target.outputs.tables;
  // Contact data has no place on a screen that somebody else may see: its item is not shown.
  const { order, events } = splitEntries(await query(target, orders, "orderId", orderId));
  if (!order) throw new CommandError(`There is no order ${orderId}.`);
  const unpublished = new Set(
    events.filter(({ outboxSince }) => outboxSince !== undefined).map(({ event }) => event.type),
  );
  const timeline = timelineOf(events).map(({ type, at }) => ({ type, at, published: !unpublished.has(type) }));
  const ofEvents = await Promise.all(
    timeline.map(async ({ type }) => {
      const found = StoredEffect.array().parse(await query(target, effects, "eventId", `${orderId}/${type}`));
      return found.map((effect) => ({ event: type, ...effect }));
    }),
  );
  return { order, timeline, effects: ofEvents.flat(), queues: await standing(target, orderId) };
}

/** Of a live queue only the counts are asked: to receive a message is to take it from its consumer. */
async function standing(target: Target, orderId: string) {
  return Promise.all(
    Object.entries(target.outputs.consumers).map(async ([consumer, { queueUrl, deadLetterQueueUrl }]) => {
      const [queue, dead] = await Promise.all([depth(target, queueUrl), depth(target, deadLetterQueueUrl)]);
      const letters = dead.waiting > 0 ? await peek(target, deadLetterQueueUrl) : [];
      const mine = letters.flatMap(({ Body: body }) => {
        const { data } = Body.safeParse(parseJson(body ?? ""));
        return data?.subject === orderId ? [data.type] : [];
      });
      return { consumer, ...queue, deadLetters: dead.waiting + dead.inFlight, deadLettersOfThisOrder: mine };
    }),
  );
}

async function query({ documents }: Target, TableName: string, key: string, value: string) {
  const { Items } = await documents.send(
    new QueryCommand({
      TableName,
      ConsistentRead: true,
      KeyConditionExpression: "#key = :value",
      ExpressionAttributeNames: { "#key": key },
      ExpressionAttributeValues: { ":value": value },
    }),
  );
  return Items ?? [];
}

function tell({ order, timeline, effects, queues }: Awaited<ReturnType<typeof find>>): string {
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

await main(usage, async () => {
  const { values, positionals } = readArguments({ ...targetOptions, json: { type: "boolean" } });
  const [verb, orderId, ...more] = positionals;
  if (verb !== "show" || orderId === undefined || more.length > 0) {
    throw new CommandError(
      positionals.length === 0 ? "What shall be shown?" : `"${positionals.join(" ")}" is not a call of this command.`,
      2,
    );
  }
  const found = await find(await openTarget(values), orderId);
  console.log(values.json ? JSON.stringify(found) : tell(found));
});
