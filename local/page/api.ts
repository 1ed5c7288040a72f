import * as z from "zod";
import { orderAndEvents, StoredEvent } from "../../contracts/orders-table.ts";
import { parseJson } from "../shared/json.ts";
import { missing, ok, refused, type PageAnswer } from "./answer.ts";
import { exportsOf, type PageArgs } from "./args.ts";
import { consumerOf } from "./queues.ts";
import { readAll, valuesOf } from "./table.ts";

/** What the page asks of the API goes through here: it calls its own origin alone. */
export async function callApi(
  { settings, issuer }: PageArgs,
  path: string,
  text: string,
  idempotencyKey: string | undefined,
): Promise<PageAnswer> {
  const answer = await fetch(`http://127.0.0.1:${settings.port}${path}`, {
    method: "POST",
    headers: {
      ...(text !== "" && { "content-type": "application/json" }),
      ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
      ...(issuer && { authorization: `Bearer ${await issuer.service()}` }),
    },
    ...(text !== "" && { body: text }),
  });
  return { status: answer.status, value: parseJson(await answer.text()) };
}

const Replay = z.strictObject({ eventId: z.string(), consumer: z.string() });

/** Sends an event of an order's timeline to one consumer again, as the topic would. */
export async function replay(args: PageArgs, orderId: string, text: string): Promise<PageAnswer> {
  const { data, error } = Replay.safeParse(parseJson(text));
  if (data === undefined) return refused(400, z.prettifyError(error));
  const consumer = await consumerOf(args, data.consumer);
  if (consumer === undefined) return missing(`consumer ${data.consumer}`);
  const { KeyConditionExpression, ExpressionAttributeValues } = orderAndEvents(orderId);
  const items = await readAll(await args.dynamodb, "Query", {
    TableName: exportsOf(args.program).tables.orders,
    KeyConditionExpression,
    ExpressionAttributeValues: valuesOf(ExpressionAttributeValues),
  });
  const stored = items.flatMap((item) => StoredEvent.safeParse(item).data ?? []);
  const found = stored.find(({ event }) => event.id === data.eventId);
  if (found === undefined) return missing(`event ${data.eventId}`);
  const { event, correlationId, traceparent } = found;
  const attributes = Object.entries({ type: event.type, correlationId, traceparent }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, { DataType: "String", StringValue: value }] as const],
  );
  const messaging = await args.messaging;
  return ok({ messageId: messaging.send(consumer.queue, JSON.stringify(event), Object.fromEntries(attributes)) });
}
