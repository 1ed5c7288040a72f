import type * as z from "zod";
import type { EventOf, EventType } from "../../contracts/cloud-event.ts";
import type { Log } from "../lambda/log.ts";
import type { Context, Done, InFile, Need, Needs, Unreserved, Uses } from "./types.ts";
import type { Use } from "./uses.ts";

/** Events of a batch that are handled at the same time where a definition says no `concurrency`. */
export const DEFAULT_CONCURRENCY = 5;

/** What `QueueConsumer` takes: a consumer that needs `N` of its program. */
export interface Consumer<out N extends Need = Need> {
  readonly module?: ImportMeta;
  readonly on: readonly EventType[];
  readonly emits?: readonly EventType[];
  readonly uses?: Readonly<Record<string, Use>>;
  readonly settings?: z.ZodType;
  readonly sandboxed?: (settings: never) => string | undefined;
  readonly concurrency?: number;
  readonly readsFirst?: boolean;
  readonly handle?: (event: never, context: never) => Done;
  readonly handleBatch?: (batch: never, context: never) => Done;
  /** For the compiler alone. */
  readonly needs?: N;
}

interface Definition<E extends EventType, M extends EventType, U, S extends z.ZodType, I> {
  /** `import.meta` of the handler's own file, which is bundled. Without it, the handler is an inline callback: serialized. */
  module?: I;
  /** The events that it receives: its subscription's filter policy, and the type of `event`. */
  on: readonly E[];
  /** The events that it may emit, each in the transaction of the change that it announces. */
  emits?: readonly M[];
  /** The resources that it uses, by the name the program offers them under. */
  uses?: Unreserved<U>;
  /** The schema of what the stack's config may say under `consumers.<name>.settings`. */
  settings?: InFile<I, S, "settings">;
  /**
   * Says which part is a sandbox because a setting was left out, such as "no e-mail is sent; set `from` to ...". It is a
   * warning at preview, and an error in production.
   */
  sandboxed?: (settings: z.output<S>) => string | undefined;
  /** How many events of a batch are handled at the same time. Default 5; 1 is one after the other. */
  concurrency?: number;
  /**
   * Whether `handle` begins with `getMany`. Then all events of a batch begin at once, so that these reads are one call, and
   * `concurrency` counts those that have come to anything other than a read of a table. Default false.
   */
  readsFirst?: boolean;
}
interface Each<E extends EventType, M extends EventType, U, S extends z.ZodType> {
  /** Handles one event. Return when done; throw to have it redelivered after the visibility timeout. */
  handle: (event: EventOf<E>, context: Context<U, M, S>) => Done;
  handleBatch?: never;
}
/** An event of a batch, and the log whose lines carry its ids. */
export interface Delivered<E extends EventType> {
  readonly event: EventOf<E>;
  readonly log: Log;
}
interface Batch<E extends EventType, M extends EventType, U, S extends z.ZodType> {
  /**
   * Handles the readable events of a batch together, each with its own log: all are done, or all come again. SQS
   * regroups batches on a retry, so a batch has no identity, and the ledger cannot be used here.
   */
  handleBatch: (batch: readonly Delivered<E>[], context: Context<U, M, S>) => Done;
  handle?: never;
}

/** Defines the consumer of a queue. Its declarations are at once its types, its rights and its infrastructure. */
export function consumer<
  const E extends EventType,
  const M extends EventType = never,
  const U extends Uses = Record<never, never>,
  S extends z.ZodType = z.ZodUndefined,
  I extends ImportMeta = never,
>(
  definition: Definition<E, M, U, S, I> & (Each<E, M, U, S> | Batch<E, M, U, S>),
): Consumer<Needs<U, E["type"], M["type"]>>;
export function consumer(definition: Consumer): Consumer {
  const usesLedger = Object.values(definition.uses ?? {}).some(({ kind }) => kind === "ledger");
  if (definition.handleBatch && usesLedger) {
    throw new Error("consumer(): a batch has no event of its own for the ledger to know it by; use `handle`");
  }
  return definition;
}
