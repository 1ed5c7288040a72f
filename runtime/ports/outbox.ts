import type { MessageAttributeValue } from "@aws-sdk/client-sns";
import { PublishCommand } from "@aws-sdk/client-sns";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { cloudEvent, type DataOf, type EventType } from "../../contracts/events.ts";
import { documentClient, hastySnsClient } from "./clients.ts";
import type { Opening, Scope } from "./port.ts";
import type { Write } from "../define/uses.ts";

/** An event item of the orders table, `entry` = `event#<type>`: the timeline, and while it has a mark, the outbox. */
export interface StoredEvent {
  readonly orderId: string;
  readonly entry: string;
  readonly event: { readonly type: string };
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
}

/**
 * The outbox is a sparse index over this many partition keys, so that none gets hot: an event is two writes of the
 * index, and a partition bears 1,000 a second
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html), so four bear the
 * three events of 500 orders a second, which is as many as the API lets through.
 */
export const OUTBOX_SHARDS = 4;

/** The last hexadecimal digits of a UUID are evenly spread. */
const shardOf = (orderId: string): string => String(Number.parseInt(orderId.slice(-4), 16) % OUTBOX_SHARDS);

/** The update that takes an event out of the outbox; its item stays, as a part of the timeline. */
export const clearMark = ({ orderId, entry }: Pick<StoredEvent, "orderId" | "entry">) => ({
  Key: { orderId, entry },
  UpdateExpression: "REMOVE outboxShard, outboxSince",
  ConditionExpression: "attribute_exists(orderId)",
});

/** The SNS message attributes of an event: `type` is what filter policies look at. */
export function attributesOf({
  event,
  correlationId,
  traceparent,
}: StoredEvent): Record<string, MessageAttributeValue> {
  const text = (StringValue: string) => ({ DataType: "String", StringValue });
  return {
    type: text(event.type),
    correlationId: text(correlationId),
    ...(traceparent !== undefined && { traceparent: text(traceparent) }),
  };
}

/**
 * The write that puts an event into the outbox, to be committed with what it tells. After the commit it is published
 * and its mark taken off; where that fails the mark stays, and the relay publishes it.
 */
export function emission<E extends EventType>(
  type: E,
  orderId: string,
  data: DataOf<E>,
  opening: Opening,
  scope: Scope,
): Write {
  const now = new Date().toISOString();
  const stored: StoredEvent = {
    orderId,
    entry: `event#${type.type}`,
    event: cloudEvent(type, orderId, opening.env["EVENT_SOURCE"] ?? "order-fanout", now, data),
    correlationId: scope.correlationId,
    ...(scope.traceparent !== undefined && { traceparent: scope.traceparent }),
  };
  return {
    item: {
      Put: {
        TableName: opening.resource,
        Item: { ...stored, at: now, outboxShard: shardOf(orderId), outboxSince: now },
        ConditionExpression: "attribute_not_exists(orderId)",
      },
    },
    committed: () => publish(stored, opening, scope),
  };
}

async function publish(stored: StoredEvent, { resource: TableName, env, calls }: Opening, scope: Scope): Promise<void> {
  const options = { abortSignal: scope.signal };
  try {
    await hastySnsClient(calls).send(
      new PublishCommand({
        TopicArn: env["TOPIC_ARN"],
        Message: JSON.stringify(stored.event),
        MessageAttributes: attributesOf(stored),
      }),
      options,
    );
    await documentClient(calls).send(new UpdateCommand({ TableName, ...clearMark(stored) }), options);
  } catch (error) {
    scope.log.warn("left to the relay", {
      event: stored.event.type,
      error: error instanceof Error ? error.name : "unknown",
    });
  }
}
