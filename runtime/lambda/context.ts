import type * as z from "zod";
import type { EventType } from "../../contracts/cloud-event.ts";
import { readEnvironment, type FunctionEnvironment, type VariableName } from "../../contracts/environment.ts";
import type { Use } from "../define/uses.ts";
import { direct, type Calls } from "../ports/calls.ts";
import type { Opening, Scope } from "../ports/port.ts";
import type { Write } from "../ports/transact.ts";

/** A function's environment variables: `process.env`, or a test's own. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The parts of a definition that its context is made of. */
export interface Contextual {
  readonly uses?: Readonly<Record<string, Use>>;
  readonly emits?: readonly EventType[];
  readonly settings?: z.ZodType;
}

/**
 * Reads the environment of a function and checks that all that its definition needs is there.
 * @throws Error naming everything that is missing.
 */
export function environmentOf<V extends VariableName = never>(
  { uses = {}, emits = [] }: Contextual,
  variables: Variables,
  own: readonly V[] = [],
) {
  const kinds = new Set(Object.values(uses).map(({ kind }) => kind));
  const required = new Set<VariableName>([
    ...own,
    ...(emits.length > 0 ? (["OUTBOX", "TOPIC_ARN"] as const) : []),
    ...(kinds.has("topic") ? (["TOPIC_ARN"] as const) : []),
    ...(kinds.has("ledger") ? (["LEASE_SECONDS"] as const) : []),
  ]);
  const environment = readEnvironment<VariableName | V>(variables, [...required]);
  const missing = Object.entries(uses).filter(
    ([name, { kind }]) => NAMED.has(kind) && environment.RESOURCES?.[name] === undefined,
  );
  if (missing.length > 0) {
    const names = missing.map(([name, { kind }]) => `RESOURCES.${name} (a ${kind})`).join(", ");
    throw new Error(`The environment of "${environment.NAME}" is wrong: ${names} is missing.`);
  }
  return environment;
}

/** The kinds that stand for a resource with a name. */
const NAMED: ReadonlySet<Use["kind"]> = new Set(["table", "bucket", "ledger"]);

/**
 * Opens what a definition uses, once a container. Gives the maker of the context for each event or request, and that of the
 * publications of a batch, where there can be any.
 */
export async function openContext(
  { uses = {}, emits = [], settings }: Contextual,
  env: FunctionEnvironment,
  calls: Calls = direct,
) {
  const parsed = settings ? settings.parse(env.SETTINGS ?? {}) : undefined;
  const opening = (name: string): Opening => ({
    resource: env.RESOURCES?.[name] ?? "",
    calls,
    env,
    settings: isRecord(parsed) ? parsed : {},
  });
  const opened = await Promise.all(
    Object.entries(uses).map(async ([name, use]) => ({
      name,
      kind: use.kind,
      port: (await use.load()).open(opening(name)),
    })),
  );
  const committing = await openCommitting(uses, emits, env, calls);

  const open = (scope: Scope): Record<string, unknown> => ({
    ...Object.fromEntries(
      opened.map(({ name, kind, port }) => [name, kind === "table" ? port(scope) : inTurn(port(scope), scope)]),
    ),
    ...committing?.open(scope),
    settings: parsed,
    signal: scope.signal,
    log: scope.log,
  });
  return { open, openPublications: committing?.openPublications };
}

/** The methods of a port, each of which waits for the event's turn. */
function inTurn(port: object, { turn }: Scope): object {
  if (!turn) return port;
  const methods = Object.entries(port).map(([name, method]: [string, unknown]) => {
    if (typeof method !== "function") return [name, method];
    return [name, async (...args: unknown[]) => (await turn(), Reflect.apply(method, port, args) as unknown)];
  });
  return Object.fromEntries(methods) as object;
}

/** `transact`, which comes with any table, and `emit`, which comes with `emits`. */
async function openCommitting(
  uses: Readonly<Record<string, Use>>,
  emits: readonly EventType[],
  env: FunctionEnvironment,
  calls: Calls,
) {
  const table = Object.values(uses).find((use): use is Use<"table"> => use.kind === "table");
  if (!table) return undefined;
  const { emission, Publications, transact } = await table.load();
  const { OUTBOX, TOPIC_ARN, EVENT_SOURCE } = env;
  const outbox =
    emits.length > 0 && OUTBOX !== undefined && TOPIC_ARN !== undefined
      ? { OUTBOX, TOPIC_ARN, EVENT_SOURCE }
      : undefined;
  return {
    open: (scope: Scope) => ({
      ...(outbox && {
        emit: (type: EventType, subject: string, data: unknown, occurrence?: number) =>
          emission(type, subject, data, outbox, calls, scope, occurrence),
      }),
      transact: async (writes: readonly Write[]) => {
        await scope.turn?.();
        return transact(writes, calls, scope.signal);
      },
    }),
    openPublications: outbox && ((around: Pick<Scope, "log" | "signal">) => new Publications(outbox, calls, around)),
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
