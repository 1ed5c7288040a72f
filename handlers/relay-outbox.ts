import * as z from "zod";
import { StoredEvent } from "../contracts/orders-table.ts";
import { OUTBOX_INDEX, OUTBOX_SHARDS } from "../contracts/outbox.ts";
import { scheduled, table, topic } from "../runtime/index.ts";
import { clearMark } from "../runtime/ports/outbox.ts";

/** An event as the outbox index has it: its key, and since when it waits. */
const Mark = z.object({ orderId: z.string(), entry: z.string(), outboxSince: z.string() });
type Mark = z.output<typeof Mark>;

/** SNS takes at most 10 messages in one call. */
const BATCH = 10;

/**
 * Publishes the events that are still marked as unpublished, because their writer died or SNS was down. Marks younger
 * than RELAY_AFTER_SECONDS are left to their writer. No event is ever given up: one that cannot be published keeps its
 * mark, and the metric `OldestUnpublishedSeconds` grows until somebody looks.
 */
export default scheduled({
  module: import.meta,
  uses: { orders: table("get", "query", "update"), topic: topic("publish") },
  variables: ["RELAY_AFTER_SECONDS"],

  async handle({ orders, topic, transact, signal, env, log, metricSeconds }) {
    const before = new Date(Date.now() - env.RELAY_AFTER_SECONDS * 1_000).toISOString();
    let published = 0;
    let failures = 0;

    // The index may still name events that were just published, so a round that publishes nothing is the last.
    for (let first = true, progress = true; progress && !signal.aborted; first = false) {
      const shards = await Promise.all(Array.from({ length: OUTBOX_SHARDS }, (_, shard) => marks(String(shard))));
      const due = shards.flat().sort((a, b) => (a.outboxSince < b.outboxSince ? -1 : 1));
      // If a shard could not be read the age is unknown, and missing data raises the alarm.
      if (first && failures === 0) metricSeconds("OldestUnpublishedSeconds", due[0] ? age(due[0].outboxSince) : 0);

      let round = 0;
      for (let start = 0; start < due.length && !signal.aborted; start += BATCH) {
        round += (await attempt(() => relay(due.slice(start, start + BATCH)))) ?? 0;
      }
      published += round;
      progress = round > 0;
    }
    if (published > 0) log.info("relayed", { events: published });
    if (failures > 0) throw new Error(`${failures} calls failed; their events keep their marks for the next run`);

    /** The oldest marks of a shard that are due, at most a hundred. */
    async function marks(shard: string): Promise<Mark[]> {
      const found = await attempt(() =>
        orders.query({
          IndexName: OUTBOX_INDEX,
          KeyConditionExpression: "outboxShard = :shard AND outboxSince < :before",
          ExpressionAttributeValues: { ":shard": shard, ":before": before },
          Limit: 100,
        }),
      );
      return Mark.array().parse(found ?? []);
    }

    /** The item itself says whether its event is still unpublished, and what it is. */
    async function relay(batch: readonly Mark[]): Promise<number> {
      const items = await Promise.all(batch.map(({ orderId, entry }) => attempt(() => orders.get({ orderId, entry }))));
      const unpublished = items.flatMap((item, index) => {
        if (!item) return [];
        const { success, data } = StoredEvent.safeParse(item);
        if (!success) log.warn("an event in the outbox cannot be read", { orderId: batch[index]?.orderId });
        // The mark is gone when the event was published since the index was read.
        return data?.outboxSince === undefined ? [] : [data];
      });
      if (unpublished.length === 0) return 0;
      const taken = await topic.publish(unpublished);
      if (taken.length < unpublished.length) {
        log.warn("SNS did not take every event", { offered: unpublished.length, taken: taken.length });
      }
      if (taken.length > 0)
        await transact(taken.map(({ orderId, entry }) => orders.update(clearMark({ orderId, entry }))));
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

const age = (since: string): number => (Date.now() - Date.parse(since)) / 1_000;
