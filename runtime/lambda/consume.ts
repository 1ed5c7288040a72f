import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { decode, type EventOf, type EventType } from "../../contracts/events.ts";
import type { Calls } from "../ports/calls.ts";
import { openContext, type Contextual, type Env } from "./context.ts";
import { deadline, type Clock, type Deadline } from "./deadline.ts";
import { jsonLog, type Log } from "./log.ts";
import type { Scope } from "../ports/port.ts";

type EventAny = EventOf<EventType>;

/** What the batch loop runs: a definition of `consumer()`, or an inline callback with what it captured. */
export interface Consumable extends Contextual {
  readonly on: readonly EventType[];
  readonly concurrency?: number;
  readonly handle?: (event: never, context: never) => Promise<void>;
  readonly handleBatch?: (batch: never, context: never) => Promise<void>;
}

interface Readable {
  readonly record: SQSRecord;
  readonly event: EventAny;
}

const CONCURRENCY = 5;

/**
 * Makes the Lambda handler of a consumer: a partial batch response that names every record which is not known to be
 * done (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html). It fails closed: a record counts
 * as failed until its handler has returned.
 */
export function consume(definition: Consumable, env: Env = process.env, calls?: Calls) {
  const consumer = env["CONSUMER"] ?? "unknown";
  const log = jsonLog({ function: consumer });
  const opened = openContext(definition, env, calls);
  // A rejection here is not lost: each invocation awaits the same promise, and fails its whole batch.
  opened.catch(() => undefined);

  return async ({ Records }: SQSEvent, clock: Clock): Promise<SQSBatchResponse> => {
    const done = new Set<string>();
    try {
      const open = await opened;
      const limits = deadline(clock);
      const readable = Records.flatMap((record) => read(record, definition.on, log, done));
      const attempt = guarded(done, limits, open);

      // `decode` has parsed each event by the schemas of `on`, which are the types of `handle` and `handleBatch`.
      const { handle, handleBatch } = definition;
      if (handleBatch) {
        const heard = readable.map((one) => ({ event: one.event, log: scopeOf(one, log, limits.signal).log }));
        const scope = { id: "batch", correlationId: "batch", signal: limits.signal, log };
        await attempt(readable, scope, (context) => handleBatch(heard as never, context));
      } else if (handle) {
        await inParallel(readable, definition.concurrency ?? CONCURRENCY, (one) =>
          attempt([one], scopeOf(one, log, limits.signal), (context) => handle(one.event as never, context)),
        );
      } else {
        throw new Error(`Consumer "${consumer}": it has neither handle nor handleBatch`);
      }
    } catch (error) {
      log.error("the batch failed", error, { records: Records.length });
    }
    return {
      batchItemFailures: Records.filter(({ messageId }) => !done.has(messageId)).map(({ messageId }) => ({
        itemIdentifier: messageId,
      })),
    };
  };
}

/** A record that cannot be read is left undone: SQS sets it aside after maxReceiveCount. */
function read(record: SQSRecord, on: readonly EventType[], log: Log, done: Set<string>): Readable[] {
  try {
    const event = decode(on, record.body);
    if (event) return [{ record, event }];
    // A filter policy takes up to 15 minutes to change: until then, what is no longer heard still comes, and is no poison.
    log.warn("not heard here any more", { messageId: record.messageId });
    done.add(record.messageId);
    return [];
  } catch (error) {
    log.error("unreadable message", error, { messageId: record.messageId });
    return [];
  }
}

function guarded(done: Set<string>, { mayBegin }: Deadline, open: (scope: Scope) => unknown) {
  return async (batch: readonly Readable[], scope: Scope, handle: (context: never) => Promise<void>): Promise<void> => {
    if (batch.length === 0) return;
    if (!mayBegin()) return scope.log.warn("not begun: too little time is left", { records: batch.length });
    try {
      await handle(open(scope) as never);
      for (const { record } of batch) done.add(record.messageId);
    } catch (error) {
      scope.log.error("failed, and will be tried again", error, { records: batch.length });
    }
  };
}

function scopeOf({ record, event }: Readable, log: Log, signal: AbortSignal): Scope {
  const { correlationId, traceparent } = record.messageAttributes;
  const id = correlationId?.stringValue ?? event.id;
  return {
    id: event.id,
    correlationId: id,
    traceparent: traceparent?.stringValue,
    signal,
    log: log.with({ correlationId: id, orderId: event.subject, event: event.type }),
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
