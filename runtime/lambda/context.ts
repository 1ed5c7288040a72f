import * as z from "zod";
import type { DataOf, EventType } from "../../contracts/events.ts";
import { direct, type Calls } from "../ports/calls.ts";
import type { Log } from "./log.ts";
import type { Opening, Scope } from "../ports/port.ts";
import type { HasTable, Use, Used, Write } from "../define/uses.ts";

/** What a handler gets beside its event or request. */
export type Context<U, M extends EventType, S extends z.ZodType> = Used<U> & {
  /** The consumer's own `settings` of the stack's config. */
  settings: z.output<S>;
  /** Aborts shortly before Lambda would end the function. */
  signal: AbortSignal;
  log: Log;
} & (HasTable<U> extends true ? Committing<M> : unknown);

interface Committing<M extends EventType> {
  /** A write of the outbox: goes into the same transaction as what it tells of the order. */
  readonly emit: <E extends M>(event: E, orderId: string, data: DataOf<E>) => Write;
  /**
   * Commits all or none; returns the writes whose condition did not hold, none when it has committed. Conflicts and
   * throttles are retried, never returned.
   */
  readonly transact: (writes: readonly Write[]) => Promise<Write[]>;
}

/** What a function finds in its environment; its components put it there. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Of every definition, what its context is made of. */
export interface Contextual {
  readonly uses?: Readonly<Record<string, Use>>;
  readonly settings?: z.ZodType;
}

/** Opens what a definition uses, once a container, and gives the maker of the context for each event or request. */
export async function openContext({ uses = {}, settings }: Contextual, env: Env, calls: Calls = direct) {
  const resources = z.record(z.string(), z.string()).parse(JSON.parse(env["RESOURCES"] ?? "{}"));
  const given: unknown = JSON.parse(env["SETTINGS"] ?? "{}");
  const parsed = settings ? settings.parse(given) : undefined;
  const opening = (name: string): Opening => ({
    resource: resources[name] ?? "",
    calls,
    env,
    settings: isRecord(parsed) ? parsed : {},
  });

  const modules = await Promise.all(
    Object.entries(uses).map(async ([name, use]) => ({ name, module: await use.load() })),
  );
  const ports = modules.map(({ name, module }) => ({ name, open: module.open(opening(name)) }));
  const transactions = modules.find(({ module }) => module.transactions)?.module.transactions;

  return (scope: Scope): Record<string, unknown> => ({
    ...Object.fromEntries(ports.map(({ name, open }) => [name, open(scope)])),
    ...(transactions && {
      emit: (type: EventType, orderId: string, data: unknown) =>
        transactions.emission(type, orderId, data, opening("orders"), scope),
      transact: (writes: readonly Write[]) => transactions.transact(writes, calls, scope.signal),
    }),
    settings: parsed,
    signal: scope.signal,
    log: scope.log,
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
