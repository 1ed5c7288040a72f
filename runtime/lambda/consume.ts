import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { decode, identify, logFieldsOf, type EventOf, type EventType } from "../../contracts/cloud-event.ts";
import { DEFAULT_CONCURRENCY } from "../define/consumer.ts";
import type { Calls } from "../ports/calls.ts";
import type { Scope } from "../ports/port.ts";
import { environmentOf, openContext, type Contextual, type Variables } from "./context.ts";
import { deadline, type Clock, type Deadline } from "./deadline.ts";
import { jsonLog, type Log } from "./log.ts";
import { writeMetric } from "./metric.ts";

/** A definition of `consumer()`, or an inline callback with what it captured, as the batch loop runs it. */
export interface Consumable extends Contextual {
  readonly on: readonly EventType[];
  readonly concurrency?: number;
  readonly handle?: (event: never, context: never) => Promise<unknown>;
  readonly handleBatch?: (batch: never, context: never) => Promise<unknown>;
}

/** A record whose event could be read. */
interface Readable {
  readonly messageId: string;
  readonly event: EventOf<EventType>;
  readonly scope: Scope;
}

/**
 * Makes the Lambda handler of a consumer: a partial batch response that names every record which is not known to be
 * done (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html). It fails closed: a record counts
 * as failed until its handler has returned.
 */
export function consume(definition: Consumable, variables: Variables = process.env, calls?: Calls) {
  const env = environmentOf(definition, variables);
  const log = jsonLog({ function: env.NAME });
  const opened = openContext(definition, env, calls);
  // A rejection here is not lost: each invocation awaits the same promise, and fails its whole batch.
  opened.catch(() => undefined);

  return async ({ Records }: SQSEvent, clock: Clock): Promise<SQSBatchResponse> => {
    const done = new Set<string>();
    const dimensions = { source: env.EVENT_SOURCE, consumer: env.NAME };
    writeMetric("Received", Records.length, dimensions);
    try {
      const open = await opened;
      const limits = deadline(clock);
      const readable = Records.flatMap((record) => read(record, definition.on, limits.signal, log, done));
      const attempt = guarded(done, limits, open);

      // `decode` has parsed each event by the schemas of `on`, which are the types of `handle` and `handleBatch`.
      const { handle, handleBatch } = definition;
      if (handleBatch) {
        const delivered = readable.map(({ event, scope }) => ({ event, log: scope.log }));
        const scope = { id: "batch", correlationId: "batch", signal: limits.signal, log };
        await attempt(readable, scope, (context) => handleBatch(delivered as never, context));
      } else if (handle) {
        await inParallel(readable, definition.concurrency ?? DEFAULT_CONCURRENCY, (one) =>
          attempt([one], one.scope, (context) => handle(one.event as never, context)),
        );
      } else {
        throw new Error(`Consumer "${env.NAME}": it has neither handle nor handleBatch`);
      }
    } catch (error) {
      log.error("the batch failed", error, { records: Records.length });
    }
    const undone = Records.filter(({ messageId }) => !done.has(messageId));
    writeMetric("Succeeded", Records.length - undone.length, dimensions);
    return { batchItemFailures: undone.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
}

/** Reads a record's event. A record that cannot be read stays undone: SQS sets it aside after maxReceiveCount. */
function read(
  record: SQSRecord,
  on: readonly EventType[],
  signal: AbortSignal,
  log: Log,
  done: Set<string>,
): Readable[] {
  const { messageId, body } = record;
  try {
    const event = decode(on, body);
    if (event) return [{ messageId, event, scope: scopeOf(record, event, signal, log) }];
    // A filter policy takes up to 15 minutes to change: events of the old one are no poison.
    log.warn("ignored: not subscribed", { ...identify(body), messageId });
    done.add(messageId);
    return [];
  } catch (error) {
    log.error("unreadable message", error, { ...identify(body), messageId });
    return [];
  }
}

function guarded(done: Set<string>, { mayBegin, signal }: Deadline, open: (scope: Scope) => unknown) {
  return async (
    batch: readonly Readable[],
    scope: Scope,
    handle: (context: never) => Promise<unknown>,
  ): Promise<void> => {
    if (batch.length === 0) return;
    if (!mayBegin()) return scope.log.warn("unprocessed: too little time is left", { records: batch.length });
    const late = () => batch.forEach((one) => one.scope.log.warn("still running at the deadline"));
    signal.addEventListener("abort", late, { once: true });
    try {
      await handle(open(scope) as never);
      for (const { messageId } of batch) done.add(messageId);
    } catch (error) {
      scope.log.error("failed, and will be tried again", error, { records: batch.length });
    } finally {
      signal.removeEventListener("abort", late);
    }
  };
}

function scopeOf(record: SQSRecord, event: EventOf<EventType>, signal: AbortSignal, log: Log): Scope {
  const { correlationId, traceparent } = record.messageAttributes;
  const id = correlationId?.stringValue ?? event.id;
  return {
    id: event.id,
    correlationId: id,
    traceparent: traceparent?.stringValue,
    signal,
    log: log.with({ correlationId: id, ...logFieldsOf(event) }),
  };
}

async function inParallel<T>(items: readonly T[], concurrency: number, run: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (const item of queue) await run(item);
    }),
  );
}
