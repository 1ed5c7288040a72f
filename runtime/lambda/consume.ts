import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { decode, identify, logFieldsOf, type EventOf, type EventType } from "../../contracts/cloud-event.ts";
import { DEFAULT_CONCURRENCY } from "../define/consumer.ts";
import type { Calls } from "../ports/calls.ts";
import type { Scope } from "../ports/port.ts";
import { environmentOf, openContext, type Contextual, type Variables } from "./context.ts";
import { deadline, type Clock } from "./deadline.ts";
import { jsonLog } from "./log.ts";
import { writeMetric } from "./metric.ts";
import { TooLate, turns, type Turn } from "./turns.ts";

/** A definition of `consumer()`, or an inline callback with what it captured, as the batch loop runs it. */
export interface Consumable extends Contextual {
  readonly on: readonly EventType[];
  readonly concurrency?: number;
  readonly readsFirst?: boolean;
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
      const { open, openPublications } = await opened;
      const { signal, mayBegin } = deadline(clock);
      const publications = openPublications?.({ signal, log });
      const shared = { signal, log, publications };
      const readable = Records.flatMap((record) => read(record, definition.on, shared, done));
      const attempt = guarded(done, signal, open);

      // `decode` has parsed each event by the schemas of `on`, which are the types of `handle` and `handleBatch`.
      const { handle, handleBatch, concurrency = DEFAULT_CONCURRENCY, readsFirst = false } = definition;
      if (handleBatch) {
        const turn = turns(1, mayBegin)();
        const delivered = readable.map(({ event, scope }) => ({ event, log: scope.log }));
        const scope = { ...shared, id: "batch", correlationId: "batch" };
        await attempt(readable, scope, turn, (context) => handleBatch(delivered as never, context));
      } else if (handle) {
        const newTurn = turns(concurrency, mayBegin);
        await Promise.all(
          readable.map((one) => {
            const turn = newTurn();
            const scope = readsFirst ? { ...one.scope, turn: turn.take } : one.scope;
            return attempt([one], scope, turn, (context) => handle(one.event as never, context), readsFirst);
          }),
        );
      } else {
        throw new Error(`Consumer "${env.NAME}": it has neither handle nor handleBatch`);
      }
      await publications?.settle();
    } catch (error) {
      log.error("the batch failed", error, { records: Records.length });
    }
    const undone = Records.filter(({ messageId }) => !done.has(messageId));
    writeMetric("Succeeded", Records.length - undone.length, dimensions);
    return { batchItemFailures: undone.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
}

/** What the scopes of a batch's events have in common. */
type Shared = Pick<Scope, "log" | "publications" | "signal">;

/** Reads a record's event. A record that cannot be read stays undone: SQS sets it aside after maxReceiveCount. */
function read(record: SQSRecord, on: readonly EventType[], shared: Shared, done: Set<string>): Readable[] {
  const { log } = shared;
  const { messageId, body } = record;
  try {
    const event = decode(on, body);
    if (event) return [{ messageId, event, scope: scopeOf(record, event, shared) }];
    // A filter policy takes up to 15 minutes to change: events of the old one are no poison.
    log.warn("ignored: not subscribed", { ...identify(body), messageId });
    done.add(messageId);
    return [];
  } catch (error) {
    log.error("unreadable message", error, { ...identify(body), messageId });
    return [];
  }
}

/** Runs a handler for some records when their turn has come, or at once where it takes the turn itself. */
function guarded(done: Set<string>, signal: AbortSignal, open: (scope: Scope) => unknown) {
  return async (
    batch: readonly Readable[],
    scope: Scope,
    turn: Turn,
    handle: (context: never) => Promise<unknown>,
    takesItself = false,
  ): Promise<void> => {
    if (batch.length === 0) return;
    const late = () => batch.forEach((one) => one.scope.log.warn("still running at the deadline"));
    try {
      if (!takesItself) await turn.take();
      signal.addEventListener("abort", late, { once: true });
      await handle(open(scope) as never);
      for (const { messageId } of batch) done.add(messageId);
    } catch (error) {
      if (error instanceof TooLate) scope.log.warn("unprocessed: too little time is left", { records: batch.length });
      else scope.log.error("failed, and will be tried again", error, { records: batch.length });
    } finally {
      turn.end();
      signal.removeEventListener("abort", late);
    }
  };
}

function scopeOf(record: SQSRecord, event: EventOf<EventType>, { log, ...shared }: Shared): Scope {
  const { correlationId, traceparent } = record.messageAttributes;
  const id = correlationId?.stringValue ?? event.id;
  return {
    ...shared,
    id: event.id,
    correlationId: id,
    traceparent: traceparent?.stringValue,
    log: log.with({ correlationId: id, ...logFieldsOf(event) }),
  };
}
