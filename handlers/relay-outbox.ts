import * as z from "zod";
import { StoredEvent } from "../contracts/orders-table.ts";
import { OUTBOX_INDEX, OUTBOX_SHARDS, withoutMark } from "../contracts/outbox.ts";
import { scheduled, table, topic } from "../runtime/index.ts";

/** An event as the outbox index has it: its key, and since when it waits. */
const Mark = z.object({ orderId: z.string(), entry: z.string(), outboxSince: z.string() });
type Mark = z.output<typeof Mark>;

/** An event that waits, with its item as it is stored: this version may not know all of its attributes. */
type Unpublished = StoredEvent & { readonly item: Readonly<Record<string, unknown>> };

/** SNS takes at most 10 messages in one call. */
const BATCH = 10;

/** Marks that are read at once: DynamoDB gives up to 100 items in one BatchGetItem. */
const PAGE = 100;

/**
 * Publishes the events that are still marked as unpublished, because their writer died or SNS was down. Marks younger
 * than RELAY_AFTER_SECONDS are left to their writer. Each shard of the outbox has a lane of its own, and the lanes work
 * side by side. No event is ever given up: one that cannot be published keeps its mark, and the metric
 * `OldestUnpublishedSeconds` grows until somebody looks.
 */
export default scheduled({
  module: import.meta,
  uses: { orders: table("getMany", "putMany", "queryIndex"), topic: topic("publish") },
  variables: ["RELAY_AFTER_SECONDS"],

  async handle({ orders, topic, signal, env, log, metric }) {
    const before = new Date(Date.now() - env.RELAY_AFTER_SECONDS * 1_000).toISOString();
    let published = 0;
    let failures = 0;

    const shards = Array.from({ length: OUTBOX_SHARDS }, (_, shard) => String(shard));
    const lanes = await Promise.all(shards.map(async (shard) => ({ shard, marks: await oldest(shard) })));
    // If a shard could not be read the age is unknown, and missing data raises the alarm.
    if (failures === 0) metric("OldestUnpublishedSeconds", ageOfOldest(lanes.flatMap(({ marks }) => marks)));

    await Promise.all(lanes.map(({ shard, marks }) => drain(shard, marks)));
    if (published > 0) log.info("relayed", { events: published });
    if (failures > 0) throw new Error(`${failures} calls failed; their events keep their marks for the next run`);

    /** The oldest marks of a shard that are due. */
    async function oldest(shard: string): Promise<Mark[]> {
      const found = await attempt(() =>
        orders.queryIndex({
          IndexName: OUTBOX_INDEX,
          KeyConditionExpression: "outboxShard = :shard AND outboxSince < :before",
          ExpressionAttributeValues: { ":shard": shard, ":before": before },
          Limit: PAGE,
        }),
      );
      return Mark.array().parse(found ?? []);
    }

    /** Page by page. The index may still name events that were just published: a page that publishes nothing is the last. */
    async function drain(shard: string, first: readonly Mark[]): Promise<void> {
      for (let marks = first; marks.length > 0 && !signal.aborted; marks = await oldest(shard)) {
        const unpublished = (await attempt(() => read(marks))) ?? [];
        let taken = 0;
        for (let start = 0; start < unpublished.length && !signal.aborted; start += BATCH) {
          taken += (await attempt(() => publish(unpublished.slice(start, start + BATCH)))) ?? 0;
        }
        published += taken;
        if (taken === 0) return;
      }
    }

    /** The events behind the marks: the item itself says whether its event is still unpublished, and what it is. */
    async function read(marks: readonly Mark[]): Promise<Unpublished[]> {
      const items = await orders.getMany(marks.map(({ orderId, entry }) => ({ orderId, entry })));
      const events = items.flatMap((item) => {
        const { success, data } = StoredEvent.safeParse(item);
        if (!success) log.warn("an event in the outbox cannot be read", { orderId: String(item["orderId"]) });
        // The mark is gone when the event was published since the index was read.
        return data?.outboxSince === undefined ? [] : [{ ...data, item }];
      });
      return events.sort(byAge);
    }

    /** Publishes up to a batch and takes off the marks of what SNS took; gives their number. */
    async function publish(batch: readonly Unpublished[]): Promise<number> {
      const taken = await topic.publish(batch);
      if (taken.length < batch.length) {
        log.warn("SNS did not take every event", { offered: batch.length, taken: taken.length });
      }
      const left = taken.length > 0 ? await orders.putMany(taken.map(({ item }) => withoutMark(item))) : 0;
      if (left > 0) log.warn("DynamoDB left marks on published events: the next run publishes them again", { left });
      return taken.length;
    }

    /** Counts and logs a call that fails; the rest of the run goes on. */
    async function attempt<T>(call: () => Promise<T>): Promise<T | undefined> {
      try {
        return await call();
      } catch (error) {
        failures++;
        log.error("a call of the relay failed", error);
        return undefined;
      }
    }
  },
});

/** Since when an event waits; times of this form sort as text. */
type Waiting = Pick<StoredEvent, "outboxSince">;
const byAge = (one: Waiting, other: Waiting): number => (one.outboxSince ?? "").localeCompare(other.outboxSince ?? "");

/** In seconds; 0 where nothing waits. */
function ageOfOldest(marks: readonly Mark[]): number {
  const [oldest] = [...marks].sort(byAge);
  return oldest ? (Date.now() - Date.parse(oldest.outboxSince)) / 1_000 : 0;
}
