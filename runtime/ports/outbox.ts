import { createHash } from "node:crypto";
import { PublishCommand, type MessageAttributeValue } from "@aws-sdk/client-sns";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { cloudEvent, type DataOf, type EventType } from "../../contracts/cloud-event.ts";
import type { EnvironmentWith } from "../../contracts/environment.ts";
import { shardOf, type OutboxItem } from "../../contracts/outbox.ts";
import { writeMetric } from "../lambda/metric.ts";
import type { Calls } from "./calls.ts";
import { documentClient, shortTimeoutSnsClient } from "./clients.ts";
import type { Scope } from "./port.ts";
import type { Write } from "./transact.ts";

/** An event with all that its SNS message says. */
export type Publishable = Pick<OutboxItem, "event" | "correlationId" | "traceparent" | "group">;

type Key = Readonly<Record<string, string>>;

/** The update that takes an event out of the outbox; its item stays, as a part of the timeline. */
export const clearMark = (Key: Key) => ({
  Key,
  UpdateExpression: "REMOVE outboxShard, outboxSince",
  ConditionExpression: "attribute_exists(correlationId)",
});

/** The SNS message attributes of an event: `type` is what filter policies look at. */
function attributesOf({ event, correlationId, traceparent }: Publishable): Record<string, MessageAttributeValue> {
  const text = (StringValue: string) => ({ DataType: "String", StringValue });
  return {
    type: text(event.type),
    correlationId: text(correlationId),
    ...(traceparent !== undefined && { traceparent: text(traceparent) }),
  };
}

/**
 * The SNS message of an event, but for where it goes. The group is handed on to the queues, where a flood of one group
 * delays the others less; order and deduplication do not come with it on a standard topic
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html).
 */
export const messageOf = (publishable: Publishable) => ({
  Message: JSON.stringify(publishable.event),
  MessageAttributes: attributesOf(publishable),
  ...(publishable.group !== undefined && { MessageGroupId: publishable.group }),
});

/** The group of an event: 32 hexadecimal digits of a hash, so that no queue shows whose event it is. */
export function groupOf({ groupBy }: EventType, data: unknown): string | undefined {
  if (groupBy === undefined || typeof data !== "object" || data === null) return undefined;
  const owner = new Map<string, unknown>(Object.entries(data)).get(groupBy);
  return createHash("sha256").update(String(owner)).digest("hex").slice(0, 32);
}

/** The part of a function's environment that the outbox needs. */
type OutboxEnvironment = Pick<EnvironmentWith<"OUTBOX" | "TOPIC_ARN">, "EVENT_SOURCE" | "OUTBOX" | "TOPIC_ARN">;

/**
 * The write that puts an event into the outbox, to be committed together with the change it announces. After the commit
 * the event is published and its mark taken off; where that fails the mark stays, and the relay publishes it.
 */
export function emission<E extends EventType>(
  type: E,
  subject: string,
  data: DataOf<E>,
  { OUTBOX: { table: TableName, partitionKey, sortKey, sortKeyPrefix }, TOPIC_ARN, EVENT_SOURCE }: OutboxEnvironment,
  calls: Calls,
  scope: Scope,
  occurrence = 1,
): Write {
  const at = new Date().toISOString();
  const key = {
    [partitionKey]: subject,
    [sortKey]: `${sortKeyPrefix}${type.type}${occurrence === 1 ? "" : `#${occurrence}`}`,
  };
  const group = groupOf(type, data);
  const publishable: Publishable = {
    event: cloudEvent(type, subject, EVENT_SOURCE, at, data, occurrence),
    correlationId: scope.correlationId,
    ...(scope.traceparent !== undefined && { traceparent: scope.traceparent }),
    ...(group !== undefined && { group }),
  };
  const item: OutboxItem = { ...publishable, at, outboxShard: shardOf(subject), outboxSince: at };
  return {
    item: {
      Put: {
        TableName,
        Item: { ...key, ...item },
        // Every event item has a correlation id: this has not happened to this subject yet, not for this time.
        ConditionExpression: "attribute_not_exists(correlationId)",
      },
    },
    committed: () => {
      writeMetric("Emitted", 1, { source: EVENT_SOURCE, event: type.type });
      return publish(publishable, TOPIC_ARN, { TableName, key }, calls, scope);
    },
  };
}

async function publish(
  publishable: Publishable,
  TopicArn: string,
  { TableName, key }: { TableName: string; key: Key },
  calls: Calls,
  { signal: abortSignal, log }: Scope,
): Promise<void> {
  try {
    await shortTimeoutSnsClient(calls).send(new PublishCommand({ TopicArn, ...messageOf(publishable) }), {
      abortSignal,
    });
    await documentClient(calls).send(new UpdateCommand({ TableName, ...clearMark(key) }), { abortSignal });
  } catch (error) {
    log.warn("left to the relay", {
      event: publishable.event.type,
      error: error instanceof Error ? error.name : "unknown",
    });
  }
}
