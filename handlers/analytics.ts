import { createHash } from "node:crypto";
import { events } from "../contracts/events.ts";
import { bucket, consumer, type Delivered } from "../runtime/index.ts";

/**
 * Stores every event as a line of newline-delimited JSON, under the UTC day of its time. A batch that comes again
 * overwrites its own object; SQS may also regroup it, so lines are at-least-once, and the Athena view reads one row per
 * event id.
 */
export default consumer({
  module: import.meta,
  on: events,
  uses: { lake: bucket("put") },

  async handleBatch(batch, { lake }) {
    const days = Map.groupBy(batch, ({ event }) => new Date(event.time).toISOString().slice(0, 10));
    await Promise.all(
      [...days].map(([day, ofDay]) =>
        lake.put(`events/dt=${day}/${keyOf(ofDay)}.ndjson`, ndjson(ofDay), "application/x-ndjson"),
      ),
    );
    for (const { log } of batch) log.info("stored");
  },
});

type Batch = readonly Delivered<(typeof events)[number]>[];

const ndjson = (batch: Batch): string => batch.map(({ event }) => `${JSON.stringify(event)}\n`).join("");

const keyOf = (batch: Batch): string => {
  const ids = batch.map(({ event }) => event.id).sort();
  return createHash("sha256").update(ids.join("\n")).digest("hex").slice(0, 32);
};
