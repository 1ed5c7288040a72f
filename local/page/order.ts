import * as z from "zod";
import type { DataOf } from "../../contracts/cloud-event.ts";
import { ShipmentRefused } from "../../contracts/events.ts";
import { effectsIn, StoredEffect } from "../../contracts/ledger.ts";
import { orderAndEvents, splitEntries, timelineOf } from "../../contracts/orders-table.ts";
import type { StoredCall, StoredInvocation } from "../history/records.ts";
import { exportsOf, type PageArgs } from "./args.ts";
import { drawLanes } from "./lanes.ts";
import { complaintText, consumersOf, deadLettersOf, messagesIn } from "./queues.ts";
import { readAll, valuesOf } from "./table.ts";
import type { CallView, OrderDetails, RunView } from "./views.ts";

type Call = Omit<CallView, "from" | "to">;
type Refusal = DataOf<typeof ShipmentRefused>;
type Run = Omit<RunView, "from" | "to" | "pausedMs" | "calls"> & { readonly calls: Call[] };

/** All about one order; undefined where neither the table nor the history knows it. */
export async function orderDetails(args: PageArgs, orderId: string): Promise<OrderDetails | undefined> {
  const [{ refusal, ...stored }, kept] = [await storedOf(args, orderId), args.history.order(orderId)];
  if (stored.order === undefined && kept === undefined) return undefined;
  const consumers = consumersOf(args, await args.messaging);
  const functions = await args.functions;
  const names = functions.logNames();
  const complaints = kept?.complaints ?? [];
  const errorOf = ({ function: name, requestId, error }: StoredInvocation, failed: boolean): string | undefined => {
    if (error !== undefined || !failed) return error;
    const lines = complaints.filter((one) => one.function === name);
    const mine = lines.find(({ line }) => line.includes(requestId)) ?? lines.at(-1);
    return complaintText(mine?.line);
  };
  const runs = (kept?.invocations ?? []).map((invocation) => {
    const run = runOf(invocation, orderId, names.get(invocation.function) ?? invocation.function);
    const error = errorOf(invocation, run.failed);
    return { ...run, ...(error !== undefined && { error }) };
  });
  const known = new Map<string, Run>(runs.map((run) => [run.requestId, run]));
  for (const call of kept?.calls ?? []) {
    const { requestId = "", function: called } = call;
    const name = names.get(called) ?? called;
    if (!known.has(requestId) && !name.startsWith("GET ")) known.set(requestId, underWay(call, name));
    known.get(requestId)?.calls.push(viewOf(call, orderId));
  }
  const waiting = consumers.flatMap((consumer) =>
    [...messagesIn(args, consumer), ...deadLettersOf(args, consumer)]
      .filter((message) => message.orderId === orderId)
      .map((message) => ({ ...message, consumer: consumer.consumer })),
  );
  return {
    orderId,
    ...stored,
    ...(stored.order && { order: { ...stored.order, ...heldBecause(stored.order, refusal, kept?.calls) } }),
    messages: args.mailbox.list().filter((message) => message.orderId === orderId),
    waiting,
    runs: drawLanes(
      [...known.values()]
        .map((run) => ({ ...run, calls: run.calls.sort((a, b) => a.at - b.at) }))
        .sort((a, b) => a.at - b.at),
    ),
  };
}

/** What the tables have of an order, its contact data excepted. */
async function storedOf(
  { program, dynamodb }: PageArgs,
  orderId: string,
): Promise<Pick<OrderDetails, "order" | "timeline" | "effects"> & { refusal?: Refusal }> {
  const { orders, effects } = exportsOf(program).tables;
  if (orders === undefined) return { timeline: [], effects: [] };
  const database = await dynamodb;
  const { KeyConditionExpression, ExpressionAttributeValues } = orderAndEvents(orderId);
  const query = { KeyConditionExpression, ExpressionAttributeValues: valuesOf(ExpressionAttributeValues) };
  const { order, events } = splitEntries(await readAll(database, "Query", { TableName: orders, ...query }));
  const timeline = timelineOf(events);
  const last = timeline.findLast(({ type }) => type === ShipmentRefused.type)?.id;
  const refusal = ShipmentRefused.data.safeParse(events.find(({ event }) => event.id === last)?.event["data"]).data;
  const ledger = await Promise.all(
    timeline.map(async ({ id, type }) => {
      if (effects === undefined) return [];
      const found = await readAll(database, "Query", {
        TableName: effects,
        KeyConditionExpression: "eventId = :id",
        ExpressionAttributeValues: valuesOf({ ":id": id }),
      });
      return z
        .array(StoredEffect)
        .parse(found)
        .flatMap(effectsIn)
        .map(({ effect, outcome, at, leaseUntil }) => ({
          event: type,
          effect: effect.replace("#", " "),
          ...(outcome && { outcome: [outcome.outcome, outcome.reason].filter(Boolean).join(": ") }),
          ...(at !== undefined && { at }),
          ...(leaseUntil !== undefined && { leaseUntil }),
        }));
    }),
  );
  return {
    ...(order && { order: publicPart(order) }),
    ...(refusal && { refusal }),
    timeline: timeline.map(({ id, type, at, outboxSince }) => ({ id, type, at, published: outboxSince === undefined })),
    effects: ledger.flat(),
  };
}

function publicPart(order: NonNullable<ReturnType<typeof splitEntries>["order"]>): NonNullable<OrderDetails["order"]> {
  const { status, customerId, placedAt, items, total, shipment, attempt, onHoldSince } = order;
  return {
    ...{ status, customerId, placedAt, total },
    items: items.map(({ sku, name, quantity }) => ({ sku, name, quantity })),
    ...(shipment && { shipment }),
    ...(attempt !== undefined && { attempt }),
    ...(onHoldSince !== undefined && { onHoldSince }),
  };
}

/** Why an order is on hold: the event has the carrier's status alone, the history what it answered. */
function heldBecause(
  { onHoldSince }: NonNullable<OrderDetails["order"]>,
  refusal: Refusal | undefined,
  calls: readonly StoredCall[] = [],
): { onHoldBecause?: string } {
  if (onHoldSince === undefined || !refusal) return {};
  const { carrier, reason } = refusal;
  const isRefused = ({ operation, status = 0 }: StoredCall): boolean =>
    operation.startsWith(`https:POST ${carrier}`) && status >= 400 && status < 500;
  const answer = calls.findLast(isRefused)?.answer;
  return { onHoldBecause: [`${carrier} refused the shipment: ${reason}`, answer].filter(Boolean).join(" ") };
}

function runOf(
  { cause, requestId, at, durationMs, error, request, answer }: StoredInvocation,
  orderId: string,
  name: string,
): Run {
  const run = { at, durationMs, function: name, requestId, kind: cause.kind, request, answer, calls: [] };
  const failed = error !== undefined;
  if (cause.kind === "request")
    return { ...run, what: cause.route, status: cause.status, failed: failed || cause.status >= 400 };
  if (cause.kind === "schedule") return { ...run, what: cause.name, failed };
  const mine = cause.messages.filter((message) => message.orderId === orderId);
  return {
    ...run,
    what: mine.map(({ event = "unreadable" }) => event).join(", "),
    receives: mine.reduce((most, { receives }) => Math.max(most, receives), 0),
    failed: failed || mine.some((message) => message.failed),
  };
}

/** A run that has not ended, or of which only the calls are kept. */
const underWay = ({ at, requestId = "" }: StoredCall, name: string): Run => ({
  at: Date.parse(at),
  function: name,
  requestId,
  what: "under way",
  kind: "batch",
  failed: false,
  request: null,
  answer: null,
  calls: [],
});

const viewOf = (call: StoredCall, orderId: string): Call => {
  const { at, durationMs, operation, verdict, asked, status, request, answer } = call;
  return {
    at: Date.parse(at),
    ...{ durationMs, operation, verdict, request, answer },
    asked: asked.map(({ resource, statement, action }) => ({
      action,
      resource: resource.replace(/^arn:aws:[^:]*:[^:]*:[^:]*:(table\/)?/, ""),
      ...(statement !== undefined && { statement }),
    })),
    ...(status !== undefined && { status }),
    shared: call.orderId !== orderId,
  };
};
