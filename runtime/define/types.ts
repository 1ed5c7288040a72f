/**
 * The types that turn a definition's declarations into the context of its handler and into what it needs of its program.
 *
 * ```ts
 * const x = consumer({ on: [OrderPlaced], emits: [OrderRejected], uses: { stock: table("get") }, handle });
 * ```
 *
 * `handle` gets `{ stock: { get }, emit, transact, log, settings, signal }`, where `emit` takes `OrderRejected` alone, and
 * `x` is a `Consumer` with the needs
 *
 * ```ts
 * EventNeed<"order.placed"> | EventNeed<"order.rejected"> | ResourceNeed<"stock", "table"> | ResourceNeed<"outbox", "outbox">
 * ```
 *
 * In `loadConfig({ x })` each need gets the name of who has it: `ResourceNeed<"stock", "table", "x">`. A component then
 * checks its arguments against the needs. Each check is `unknown` where all is well, and otherwise a sentence: for an
 * argument `resources: Unoffered<...> & R`, the compiler prints that the resources are "not assignable to type '"`x` needs
 * the table `stock`, which the program does not offer: add it to `resources`"'".
 */
import type * as z from "zod";
import type { DataOf, EventType } from "../../contracts/cloud-event.ts";
import type { Log } from "../lambda/log.ts";
import type { Ports } from "../ports/index.ts";
import type { Write } from "../ports/transact.ts";
import type { Kind, Use } from "./uses.ts";

/** The kinds of resource that a program offers; a handler has the other kinds from AWS or the world as such. */
export type Offered = "table" | "bucket" | "ledger" | "outbox";

/**
 * A resource that a definition needs of its program: its name and kind, and who needs it. A definition has no name until
 * it is in a registry: `By` is `never`, which every name may stand in for.
 */
export interface ResourceNeed<
  out N extends string = string,
  out K extends Offered = Offered,
  out By extends string = never,
> {
  readonly resource: N;
  readonly kind: K;
  readonly by: By;
}

/** An event that the topic must carry, because a definition receives or emits it. */
export interface EventNeed<out T extends string = string, out By extends string = never> {
  readonly event: T;
  readonly by: By;
}

export type Need = ResourceNeed<string, Offered, string> | EventNeed<string, string>;

/** What a definition that uses `U`, receives events of the types `E` and emits those of the types `M` needs. */
export type Needs<U, E extends string, M extends string> =
  | { [N in keyof U & string]: NeedOfUse<N, U[N]> }[keyof U & string]
  | ([E] extends [never] ? never : EventNeed<E>)
  | ([M] extends [never] ? never : EventNeed<M> | ResourceNeed<"outbox", "outbox">);

/** A table that the consumer owns comes with it. */
type NeedOfUse<N extends string, U> = U extends { readonly key: string }
  ? never
  : U extends Use<infer K extends Kind & Offered>
    ? ResourceNeed<N, K>
    : never;

/** The needs of all definitions of a registry, each with the name of its definition there. */
export type NeedsOf<R> = {
  [By in keyof R & string]: R[By] extends { readonly needs?: infer N } ? Named<N, By> : never;
}[keyof R & string];

type Named<N, By extends string> =
  N extends ResourceNeed<infer Name, infer K, string>
    ? ResourceNeed<Name, K, By>
    : N extends EventNeed<infer T, string>
      ? EventNeed<T, By>
      : never;

/** `unknown`, which everything is, unless there is a sentence `S` about a mistake, which no value is. */
export type Complaint<S> = [S] extends [never] ? unknown : S;

/** How a sentence names who has a need. */
export type Who<By extends string> = [By] extends [never] ? "the handler" : `\`${By}\``;

/** A complaint about each name that is needed as two kinds of resource. */
export type TwoKinds<N> = Complaint<Clash<N, N>>;
type Clash<N, M> =
  N extends ResourceNeed<infer Name, infer K, infer By>
    ? M extends ResourceNeed<Name, infer L extends Later[K], infer Other>
      ? `\`${Name}\` is used as two kinds of resource (${K} by ${Who<By>}, ${L} by ${Who<Other>}): rename one of them`
      : never
    : never;
/** The kinds behind each in the alphabet: each clash is reported once. */
interface Later {
  bucket: "ledger" | "outbox" | "table";
  ledger: "outbox" | "table";
  outbox: "table";
  table: never;
}

/** A complaint about each event that is needed and not among the types `T` of the topic. */
export type Uncarried<N, T extends string> = Complaint<
  N extends EventNeed<infer E, infer By>
    ? `${Who<By>} receives or emits ${Exclude<E, T>}, which the topic does not carry: add it to the \`events\` of the topic`
    : never
>;

/** A handler's uses by name. */
export type Uses = Readonly<Record<string, Use>>;

/** The uses `U`, with a sentence for each name that a context already gives a meaning to. */
export type Unreserved<U> = {
  readonly [N in keyof U]: N extends Reserved ? `\`${N}\` is a name that every context has: use another one` : U[N];
};
type Reserved = "emit" | "env" | "log" | "metric" | "settings" | "signal" | "transact";

/** The schema `S` of a definition with the module `I`: an inline callback is serialized, which no schema survives. */
export type InFile<I, S, What extends string> = [I] extends [never]
  ? `an inline callback has no ${What}: move it to a file of its own, with \`module: import.meta\``
  : S;

/** What the uses `U` become in a handler's context: each name with its kind's methods. */
type Used<U> = {
  [N in keyof U & string]: U[N] extends Use<infer K, infer V> ? Methods<Ports[K], V, N> : never;
};

/** The methods of a port `P`: the declared verbs `V`, and for each other verb how to declare it. */
type Methods<P, V, N extends string> = Pick<P, V & keyof P> & {
  readonly [Other in Exclude<keyof P & string, V>]: readonly [`add "${Other}" to the verbs of \`${N}\` in \`uses\``];
};

/** Whether a table is among the uses `U`: only then is there something to transact. */
type HasTable<U> = "table" extends { [N in keyof U]: U[N] extends Use<infer K extends Kind> ? K : never }[keyof U]
  ? true
  : false;

interface Committing<M extends EventType> {
  /**
   * A write of the outbox: goes into the same transaction as the change that the event announces. `occurrence` is for the
   * how-manieth time it happens to its subject: 1 by default, and each is written once.
   */
  readonly emit: <E extends EventType>(
    event: Declared<E, M>,
    subject: string,
    data: DataOf<E>,
    occurrence?: number,
  ) => Write;
  /**
   * Commits all or none; returns the writes whose condition did not hold, none when it has committed. Conflicts and
   * throttles are retried, never returned.
   */
  readonly transact: (writes: readonly Write[]) => Promise<Write[]>;
}

/** The event `E` if it is among the declared `M`. */
type Declared<E extends EventType, M extends EventType> = E["type"] extends M["type"]
  ? E
  : `add ${E["type"]} to \`emits\` of this handler`;

/** What a handler resolves to: nothing. Returning what `transact` returns would drop the writes that were refused. */
export type Done = Promise<void | "await `transact`, and look at the refused writes that it returns">;

/** What a handler gets beside its event or request. */
export type Context<U, M extends EventType, S extends z.ZodType> = Used<U> & {
  /** The consumer's own `settings` of the stack's config. */
  settings: z.output<S>;
  /** Aborts shortly before Lambda would end the function. */
  signal: AbortSignal;
  log: Log;
} & (HasTable<U> extends true ? Committing<M> : unknown);
