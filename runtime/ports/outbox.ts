import { createHash } from "node:crypto";
import { cloudEvent, type DataOf, type EventType } from "../../contracts/cloud-event.ts";
import type { EnvironmentWith } from "../../contracts/environment.ts";
import { shardOf } from "../../contracts/outbox.ts";
import { writeMetric } from "../lambda/metric.ts";
import type { Calls } from "./calls.ts";
import type { Scope } from "./port.ts";
import { publish, type CommittedEvent } from "./publications.ts";
import type { Write } from "./transact.ts";

/** The group of an event: 32 hexadecimal digits of a hash, so that no queue shows whose event it is. */
export function groupOf({ groupBy }: EventType, data: unknown): string | undefined {
  if (groupBy === undefined || typeof data !== "object" || data === null) return undefined;
  const owner = new Map<string, unknown>(Object.entries(data)).get(groupBy);
  return createHash("sha256").update(String(owner)).digest("hex").slice(0, 32);
}

/** The part of a function's environment that the outbox needs. */
export type OutboxEnvironment = Pick<EnvironmentWith<"OUTBOX" | "TOPIC_ARN">, "EVENT_SOURCE" | "OUTBOX" | "TOPIC_ARN">;

/**
 * The write that puts an event into the outbox, to be committed together with the change it announces. After the commit
 * the event is published and its mark taken off, in a batch together with others; where that fails the mark stays, and
 * the relay publishes it.
 */
export function emission<E extends EventType>(
  type: E,
  subject: string,
  data: DataOf<E>,
  { OUTBOX, TOPIC_ARN, EVENT_SOURCE }: OutboxEnvironment,
  calls: Calls,
  scope: Scope,
  occurrence = 1,
): Write {
  const { table: TableName, partitionKey, sortKey, sortKeyPrefix } = OUTBOX;
  const at = new Date().toISOString();
  const group = groupOf(type, data);
  const event: CommittedEvent = {
    event: cloudEvent(type, subject, EVENT_SOURCE, at, data, occurrence),
    correlationId: scope.correlationId,
    ...(scope.traceparent !== undefined && { traceparent: scope.traceparent }),
    ...(group !== undefined && { group }),
    [partitionKey]: subject,
    [sortKey]: `${sortKeyPrefix}${type.type}${occurrence === 1 ? "" : `#${occurrence}`}`,
    at,
  };
  return {
    item: {
      Put: {
        TableName,
        Item: { ...event, outboxShard: shardOf(subject), outboxSince: at },
        // Every event item has a correlation id: this has not happened to this subject yet, not for this time.
        ConditionExpression: "attribute_not_exists(correlationId)",
      },
    },
    committed: async () => {
      writeMetric("Emitted", 1, { source: EVENT_SOURCE, event: type.type });
      if (scope.publications) return scope.publications.add(event);
      await publish([event], { OUTBOX, TOPIC_ARN }, calls, scope);
    },
  };
}
