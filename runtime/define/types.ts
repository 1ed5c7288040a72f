import type * as z from "zod";
import type { DataOf, EventType } from "../../contracts/cloud-event.ts";
import type { Log } from "../lambda/log.ts";
import type { Ports } from "../ports/index.ts";
import type { Write } from "../ports/transact.ts";
import type { Kind, Use } from "./uses.ts";

/** The kinds that a handler has from AWS or the world as such: the program need not offer them. */
type Ambient = "topic" | "email" | "sms" | "https";

/** The resources that the program must offer to a handler with the uses `U`: each name with its kind in a tuple. */
export type Shared<U> = {
  [N in keyof U as U[N] extends { readonly key: string } | Use<Ambient> ? never : N]: U[N] extends Use<infer K>
    ? readonly [K]
    : never;
};

/** What a handler that emits needs of the program: the outbox, by that name. */
export type NeedsOfEmits<M> = [M] extends [never] ? unknown : { readonly outbox: readonly ["outbox"] };

/** The names that a context already gives a meaning to, and so no resource may have. */
export type Uses = Readonly<Record<string, Use>> & {
  [N in "emit" | "log" | "settings" | "signal" | "transact"]?: never;
};

/** What the uses `U` become in a handler's context: each name with its kind's methods, the declared verbs alone. */
type Used<U> = {
  [N in keyof U]: U[N] extends Use<infer K, infer V> ? Pick<Ports[K], V & keyof Ports[K]> : never;
};

/** Whether a table is among the uses `U`: only then is there something to transact. */
type HasTable<U> = "table" extends { [N in keyof U]: U[N] extends Use<infer K extends Kind> ? K : never }[keyof U]
  ? true
  : false;

interface Committing<M extends EventType> {
  /** A write of the outbox: goes into the same transaction as the change that the event announces. */
  readonly emit: <E extends M>(event: E, subject: string, data: DataOf<E>) => Write;
  /**
   * Commits all or none; returns the writes whose condition did not hold, none when it has committed. Conflicts and
   * throttles are retried, never returned.
   */
  readonly transact: (writes: readonly Write[]) => Promise<Write[]>;
}

/** What a handler gets beside its event or request. */
export type Context<U, M extends EventType, S extends z.ZodType> = Used<U> & {
  /** The consumer's own `settings` of the stack's config. */
  settings: z.output<S>;
  /** Aborts shortly before Lambda would end the function. */
  signal: AbortSignal;
  log: Log;
} & (HasTable<U> extends true ? Committing<M> : unknown);
