import type * as z from "zod";
import type { EventOf, EventType } from "../../contracts/events.ts";
import type { Context } from "../lambda/context.ts";
import type { Log } from "../lambda/log.ts";
import type { Shared, Use, Uses } from "./uses.ts";

export type { Outcome } from "../ports/ledger.ts";
export { bucket, email, https, ledger, owned, sms, table, topic } from "./uses.ts";

/** What `QueueConsumer` takes: uses resources `N` (name to kind), hears and emits events of the types `T`. */
export interface Consumer<in N = never, out T extends string = string> {
  readonly module?: ImportMeta;
  readonly on: readonly EventType<T>[];
  readonly emits?: readonly EventType<T>[];
  readonly uses?: Readonly<Record<string, Use>>;
  readonly settings?: z.ZodType;
  readonly sandboxed?: (settings: never) => string | undefined;
  readonly concurrency?: number;
  readonly handle?: (event: never, context: never) => Promise<void>;
  readonly handleBatch?: (batch: never, context: never) => Promise<void>;
  /** For the compiler alone: `in N` asks for a place where the needs stand. */
  readonly needs?: (resources: N) => void;
}

/** What all of several consumers need, and the types of their events. */
export type NeedsOf<C extends Consumer> = NonNullable<C["needs"]> extends (resources: infer N) => void ? N : never;
export type TypesOf<C extends Consumer> = C["on"][number]["type"];

/** A handler in a file of its own is bundled. An inline callback is serialized, which a schema would not survive. */
type Placed<S extends z.ZodType> =
  | {
      /** `import.meta` of the handler's own file. */
      module: ImportMeta;
      /** The schema of what the stack's config may say under `consumers.<name>.settings`. */
      settings?: S;
    }
  | { module?: never; settings?: never };

interface Definition<E extends EventType, M extends EventType, U, S extends z.ZodType> {
  /** The events that it hears: its subscription's filter policy, and the type of `event`. */
  on: readonly E[];
  /** The events that it may emit, in a transaction of the orders table. */
  emits?: readonly M[];
  /** The resources that it uses, by the name the program offers them under. */
  uses?: U;
  /**
   * What the consumer only pretends to do because a setting was left out. It is a warning at preview, and an error in
   * production.
   */
  sandboxed?: (settings: z.output<S>) => string | undefined;
  /** How many events of a batch are handled at the same time. Default 5; 1 is one after the other. */
  concurrency?: number;
}
interface Each<E extends EventType, M extends EventType, U, S extends z.ZodType> {
  /** Handles one event. To return is to be done with it; to throw is to have it again after the visibility timeout. */
  handle: (event: EventOf<E>, context: Context<U, M, S>) => Promise<void>;
  handleBatch?: never;
}
/** An event of a batch, and the log whose lines carry its ids. */
export interface Heard<E extends EventType> {
  readonly event: EventOf<E>;
  readonly log: Log;
}
interface Batch<E extends EventType, M extends EventType, U, S extends z.ZodType> {
  /**
   * Handles the readable events of a batch together, each with its own log: all are done, or all come again. SQS
   * regroups batches on a retry, so a batch has no identity, and the ledger cannot be used here.
   */
  handleBatch: (batch: readonly Heard<E>[], context: Context<U, M, S>) => Promise<void>;
  handle?: never;
}

type NeedsOfEmits<M> = [M] extends [never] ? unknown : { readonly orders: readonly ["table"] };

/** Defines the consumer of a queue; what it declares is at once its types, its rights and its infrastructure. */
export function consumer<
  const E extends EventType,
  const M extends EventType = never,
  const U extends Uses = Record<never, never>,
  S extends z.ZodType = z.ZodUndefined,
>(
  definition: Definition<E, M, U, S> & Placed<S> & (Each<E, M, U, S> | Batch<E, M, U, S>),
): Consumer<Shared<U> & NeedsOfEmits<M>, E["type"] | M["type"]> {
  const usesLedger = Object.values(definition.uses ?? {}).some(({ kind }: Use) => kind === "ledger");
  if (definition.handleBatch && usesLedger) {
    throw new Error("consumer(): a batch has no event of its own for the ledger to know it by; use `handle`");
  }
  return definition;
}
