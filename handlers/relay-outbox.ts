import * as z from "zod";
import { clearMark, OUTBOX_SHARDS } from "../runtime/ports/outbox.ts";
import { scheduled } from "../runtime/define/scheduled.ts";
import { table, topic } from "../runtime/define/uses.ts";

const Mark = z.object({ orderId: z.string(), entry: z.string(), outboxSince: z.string() });
type Mark = z.output<typeof Mark>;
const Stored = z.object({
  ...Mark.shape,
  // The mark is gone when the event was published since the index was read.
  outboxSince: z.string().optional(),
  event: z.looseObject({ type: z.string() }),
  correlationId: z.string(),
  traceparent: z.string().optional(),
});

/** SNS takes at most 10 messages in one call. */
const BATCH = 10;

/**
 * Publishes the events that are still marked as unpublished: whoever committed them died, or SNS was down. Marks
 * younger than 30 s are left to their writer. Nothing is ever given up: an event that cannot be published keeps its
 * mark, and the metric `OldestUnpublishedSeconds` grows until somebody looks.
 */
export default scheduled({
  module: import.meta,
  uses: { orders: table("get", "query", "update"), topic: topic("publish") },

  async handle({ orders, topic, transact, signal, env, log, metricSeconds }) {
    const before = new Date(Date.now() - Number(env["RELAY_AFTER_SECONDS"]) * 1_000).toISOString();
    let published = 0;
    let failures = 0;

    // The index may still name what was just published, so a round that publishes nothing is the last.
    for (let first = true, progress = true; progress && !signal.aborted; first = false) {
      const shards = await Promise.all(Array.from({ length: OUTBOX_SHARDS }, (_, shard) => marks(String(shard))));
      const due = shards.flat().sort((a, b) => (a.outboxSince < b.outboxSince ? -1 : 1));
      // Where a shard could not be read the age is not known, and missing data is an alarm.
      if (first && failures === 0) metricSeconds("OldestUnpublishedSeconds", due[0] ? age(due[0].outboxSince) : 0);

      let round = 0;
      for (let start = 0; start < due.length && !signal.aborted; start += BATCH) {
        round += (await attempt(() => relay(due.slice(start, start + BATCH)))) ?? 0;
      }
      published += round;
      progress = round > 0;
    }
    if (published > 0) log.info("relayed", { events: published });
    if (failures > 0) throw new Error(`${failures} calls failed; what they were for keeps its mark for the next run`);

    /** The oldest marks of a shard that are due, at most a hundred. */
    async function marks(shard: string): Promise<Mark[]> {
      const found = await attempt(() =>
        orders.query({
          IndexName: "outbox",
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
        const { success, data } = Stored.safeParse(item);
        if (!success) log.warn("an event in the outbox cannot be read", { orderId: batch[index]?.orderId });
        return data?.outboxSince === undefined ? [] : [data];
      });
      if (unpublished.length === 0) return 0;
      const taken = await topic.publish(unpublished);
      if (taken.length < unpublished.length) {
        log.warn("SNS did not take every event", { offered: unpublished.length, taken: taken.length });
      }
      if (taken.length > 0) await transact(taken.map((stored) => orders.update(clearMark(stored))));
      return taken.length;
    }

    /** One call that fails costs what it is for, and not the rest of the run. */
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
