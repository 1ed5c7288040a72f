import type * as z from "zod";
import type { EventOf, EventType } from "../../contracts/cloud-event.ts";
import type { Log } from "../lambda/log.ts";
import type { Context, NeedsOfEmits, Shared, Uses } from "./types.ts";
import type { Use } from "./uses.ts";

/** What `QueueConsumer` takes: a consumer that needs the resources `N` (name to kind), and receives and emits events of the types `T`. */
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

/** The resources that several consumers need together, and the types of their events. */
export type NeedsOf<C extends Consumer> = NonNullable<C["needs"]> extends (resources: infer N) => void ? N : never;
export type TypesOf<C extends Consumer> = C["on"][number]["type"];

/** A handler in a file of its own is bundled. An inline callback is serialized, which a schema would not survive. */
type InFile<S extends z.ZodType> =
  | {
      /** `import.meta` of the handler's own file. */
      module: ImportMeta;
      /** The schema of what the stack's config may say under `consumers.<name>.settings`. */
      settings?: S;
    }
  | { module?: never; settings?: never };

interface Definition<E extends EventType, M extends EventType, U, S extends z.ZodType> {
  /** The events that it receives: its subscription's filter policy, and the type of `event`. */
  on: readonly E[];
  /** The events that it may emit, each in the transaction of the change that it announces. */
  emits?: readonly M[];
  /** The resources that it uses, by the name the program offers them under. */
  uses?: U;
  /**
   * Says which part is a sandbox because a setting was left out, such as "no e-mail is sent; set `from` to ...". It is a
   * warning at preview, and an error in production.
   */
  sandboxed?: (settings: z.output<S>) => string | undefined;
  /** How many events of a batch are handled at the same time. Default 5; 1 is one after the other. */
  concurrency?: number;
}
interface Each<E extends EventType, M extends EventType, U, S extends z.ZodType> {
  /** Handles one event. Return when done; throw to have it redelivered after the visibility timeout. */
  handle: (event: EventOf<E>, context: Context<U, M, S>) => Promise<void>;
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
  handleBatch: (batch: readonly Delivered<E>[], context: Context<U, M, S>) => Promise<void>;
  handle?: never;
}

/** Defines the consumer of a queue. Its declarations are at once its types, its rights and its infrastructure. */
export function consumer<
  const E extends EventType,
  const M extends EventType = never,
  const U extends Uses = Record<never, never>,
  S extends z.ZodType = z.ZodUndefined,
>(
  definition: Definition<E, M, U, S> & InFile<S> & (Each<E, M, U, S> | Batch<E, M, U, S>),
): Consumer<Shared<U> & NeedsOfEmits<M>, E["type"] | M["type"]> {
  const usesLedger = Object.values(definition.uses ?? {}).some(({ kind }: Use) => kind === "ledger");
  if (definition.handleBatch && usesLedger) {
    throw new Error("consumer(): a batch has no event of its own for the ledger to know it by; use `handle`");
  }
  return definition;
}
