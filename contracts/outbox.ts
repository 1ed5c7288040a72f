import * as z from "zod";

/** An item of the outbox beside its key. It has a mark (`outboxShard`, `outboxSince`) only while it is unpublished. */
export const OutboxItem = z.object({
  event: z.looseObject({ type: z.string() }),
  /** When it was committed. */
  at: z.string(),
  correlationId: z.string(),
  traceparent: z.string().optional(),
  outboxShard: z.string().optional(),
  /** Since when it has waited for its publication. */
  outboxSince: z.string().optional(),
});
export type OutboxItem = z.output<typeof OutboxItem>;

/** The sparse index of the marks. */
export const OUTBOX_INDEX = "outbox";

/**
 * The number of partition keys of the outbox index, so that none gets hot: an event is two writes of the index, and a
 * partition sustains 1,000 a second
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html), so four sustain the
 * three events of each of the 500 orders a second that the API lets through.
 */
export const OUTBOX_SHARDS = 4;

/** The shard of a subject. Subjects are UUIDs, whose last hexadecimal digits are evenly spread. */
export const shardOf = (subject: string): string => String(Number.parseInt(subject.slice(-4), 16) % OUTBOX_SHARDS);

/** How a table names the key of its event items: by subject, and by the event's type behind a prefix. */
export const OutboxKey = z.object({ partitionKey: z.string(), sortKey: z.string(), sortKeyPrefix: z.string() });
export type OutboxKey = z.output<typeof OutboxKey>;
