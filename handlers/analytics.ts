import { createHash } from "node:crypto";
import { events, type EventOf } from "../contracts/events.ts";
import { bucket, consumer } from "../runtime/consumer.ts";

/**
 * Stores every event as a line of newline-delimited JSON, under the UTC day of its time. A batch that comes again
 * overwrites its own object; SQS may also regroup it, so lines are at-least-once, and the Athena view reads one row per
 * event id.
 */
export default consumer({
  module: import.meta,
  on: events,
  uses: { lake: bucket("put") },

  async handleBatch(batch, { lake, log }) {
    const days = Map.groupBy(batch, ({ time }) => new Date(time).toISOString().slice(0, 10));
    await Promise.all(
      [...days].map(([day, ofDay]) =>
        lake.put(`events/dt=${day}/${keyOf(ofDay)}.ndjson`, ndjson(ofDay), "application/x-ndjson"),
      ),
    );
    for (const { subject, type } of batch) log.info("stored", { orderId: subject, event: type });
  },
});

type AnyEvent = EventOf<(typeof events)[number]>;

const ndjson = (batch: readonly AnyEvent[]): string => batch.map((event) => `${JSON.stringify(event)}\n`).join("");

const keyOf = (batch: readonly AnyEvent[]): string => {
  const ids = batch.map(({ id }) => id).sort();
  return createHash("sha256").update(ids.join("\n")).digest("hex").slice(0, 32);
};
