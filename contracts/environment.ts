import * as z from "zod";
import { json } from "./json.ts";
import { OutboxKey } from "./outbox.ts";

const seconds = z.coerce.number().positive();
const days = z.coerce.number().positive();

/** Every environment variable of our functions: components write them, `readEnvironment` reads them inside Lambda. */
const FunctionEnvironment = z.object({
  /** The consumer's name, the route's key, or the schedule's name. */
  NAME: z.string().min(1),
  /** The CloudEvents `source` of the stack's events, and the dimension of its metrics. */
  EVENT_SOURCE: z.string().min(1),
  /** The physical name of each resource that the handler uses, by the name that it uses. */
  RESOURCES: json(z.record(z.string(), z.string())).optional(),
  /** The topic, where the handler publishes. */
  TOPIC_ARN: z.string().min(1).optional(),
  /** The table in which events wait for their publication, where the handler emits. */
  OUTBOX: json(z.object({ table: z.string(), ...OutboxKey.shape })).optional(),
  /** The consumer's settings from the stack's config. */
  SETTINGS: json(z.unknown()).optional(),
  /** How long an effect is claimed for, in seconds, where the handler uses the ledger. */
  LEASE_SECONDS: seconds.optional(),
  /** How long an event may be unpublished before the relay publishes it, in seconds. */
  RELAY_AFTER_SECONDS: seconds.optional(),
  /** How long contact data is kept after its order has ended, in days. */
  CONTACT_DAYS: days.optional(),
  /** How long an order may be on hold before it is cancelled, in seconds. */
  ON_HOLD_SECONDS: seconds.optional(),
  /** Every route's key, for the route that answers where no other does. */
  ROUTES: json(z.array(z.string())).optional(),
});
export type FunctionEnvironment = z.output<typeof FunctionEnvironment>;
export type VariableName = keyof FunctionEnvironment;

/** An environment in which the variables `V` are there. */
export type EnvironmentWith<V extends VariableName> = FunctionEnvironment & {
  readonly [K in V]-?: NonNullable<FunctionEnvironment[K]>;
};

/**
 * Reads a function's environment, once, when its code is loaded.
 * @param required the variables that this function cannot do without, beside NAME and EVENT_SOURCE.
 * @throws Error naming every variable that is missing or cannot be read.
 */
export function readEnvironment<V extends VariableName = never>(
  variables: Readonly<Record<string, string | undefined>>,
  required: readonly V[] = [],
): EnvironmentWith<V> {
  const { data, error } = FunctionEnvironment.safeParse(variables);
  const missing = required.filter((name) => variables[name] === undefined).map((name) => `${name} is missing`);
  const faults = (error?.issues ?? []).map(({ path: [name = "", ...rest], message }) =>
    variables[String(name)] === undefined
      ? `${String(name)} is missing`
      : `${[String(name), ...rest].join(".")}: ${message}`,
  );
  if (!data || missing.length > 0) {
    const name = variables["NAME"] ?? "this function";
    throw new Error(`The environment of "${name}" is wrong: ${[...missing, ...faults].join("; ")}.`);
  }
  // None of the required variables is missing, and the schema has parsed them.
  return data as EnvironmentWith<V>;
}

/** The variables that are waits: the local cloud's `--speed` divides them. */
const WAITS: readonly VariableName[] = ["LEASE_SECONDS", "RELAY_AFTER_SECONDS", "ON_HOLD_SECONDS"];

/** The same variables with each wait `speed` times shorter. */
export function shortenWaits(variables: Readonly<Record<string, string>>, speed: number): Record<string, string> {
  const waits = new Set<string>(WAITS);
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, waits.has(name) ? String(Number(value) / speed) : value]),
  );
}
