import * as z from "zod";

/** An item of the outbox beside its key. It has a mark (`outboxShard`, `outboxSince`) only while it is unpublished. */
export const OutboxItem = z.object({
  event: z.looseObject({ id: z.string(), type: z.string() }),
  /** When it was committed. */
  at: z.string(),
  correlationId: z.string(),
  traceparent: z.string().optional(),
  /** The SNS MessageGroupId: see `groupOf`. */
  group: z.string().optional(),
  outboxShard: z.string().optional(),
  /** Since when it has waited for its publication. */
  outboxSince: z.string().optional(),
});
export type OutboxItem = z.output<typeof OutboxItem>;

/** An item of the outbox without its mark, as it stays when its event is published. */
export const withoutMark = (item: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(item).filter(([name]) => name !== "outboxShard" && name !== "outboxSince"));

/** The sparse index of the marks. */
export const OUTBOX_INDEX = "outbox";

/**
 * The number of partition keys of the outbox index. An event is two writes of the index (its mark is put and taken off),
 * and a partition sustains 1,000 a second
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html). Keys are hashed onto
 * partitions, so a few of them may share one: 32 keep each share small. More shards are safe at any time, because the
 * relay reads them all; with fewer, the marks of the shards that are gone would never be read.
 */
export const OUTBOX_SHARDS = 32;

/** The shard of a subject. Subjects are UUIDs, whose last hexadecimal digits are evenly spread. */
export const shardOf = (subject: string): string => String(Number.parseInt(subject.slice(-4), 16) % OUTBOX_SHARDS);

/** How a table names the key of its event items: by subject, and by the event's type behind a prefix. */
export const OutboxKey = z.object({ partitionKey: z.string(), sortKey: z.string(), sortKeyPrefix: z.string() });
export type OutboxKey = z.output<typeof OutboxKey>;
