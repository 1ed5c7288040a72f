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

/** Opens what a definition uses, once a container, and gives the maker of the context for each event or request. */
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
    Object.entries(uses).map(async ([name, use]) => ({ name, port: (await use.load()).open(opening(name)) })),
  );
  const committing = await openCommitting(uses, emits, env, calls);

  return (scope: Scope): Record<string, unknown> => ({
    ...Object.fromEntries(opened.map(({ name, port }) => [name, port(scope)])),
    ...committing?.(scope),
    settings: parsed,
    signal: scope.signal,
    log: scope.log,
  });
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
  const { emission, transact } = await table.load();
  const { OUTBOX, TOPIC_ARN, EVENT_SOURCE } = env;
  return (scope: Scope) => ({
    ...(emits.length > 0 &&
      OUTBOX !== undefined &&
      TOPIC_ARN !== undefined && {
        emit: (type: EventType, subject: string, data: unknown, occurrence?: number) =>
          emission(type, subject, data, { OUTBOX, TOPIC_ARN, EVENT_SOURCE }, calls, scope, occurrence),
      }),
    transact: (writes: readonly Write[]) => transact(writes, calls, scope.signal),
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
