import type * as z from "zod";
import type { EventType } from "../../contracts/cloud-event.ts";
import type { EnvironmentWith, VariableName } from "../../contracts/environment.ts";
import type { Context, Done, Need, Needs, Unreserved, Uses } from "./types.ts";
import type { Use } from "./uses.ts";

/** What runs on a schedule, and needs `N` of its program. */
export interface Scheduled<out N extends Need = Need> {
  readonly module: ImportMeta;
  readonly emits?: readonly EventType[];
  readonly uses?: Readonly<Record<string, Use>>;
  readonly variables?: readonly VariableName[];
  readonly handle: (context: never) => Done;
  /** For the compiler alone. */
  readonly needs?: N;
}

/** What a scheduled handler gets beside what every handler does. */
export interface Reporting<V extends VariableName = never> {
  /** The function's environment; the variables that the definition declares are there. */
  readonly env: EnvironmentWith<V>;
  /** Records a value of one of the metrics of the whole stack (`contracts/metrics.ts`). */
  readonly metric: (name: "OldestUnpublishedSeconds" | "OldestOnHoldSeconds", value: number) => void;
}

interface Definition<M extends EventType, U, V extends VariableName> {
  /** `import.meta` of the handler's own file, which is bundled. */
  module: ImportMeta;
  /** The events that it may emit, each in the transaction of the change that it announces. */
  emits?: readonly M[];
  /** The resources that it uses, by the name the program offers them under. */
  uses?: Unreserved<U>;
  /** The environment variables that it cannot do without. */
  variables?: readonly V[];
  handle: (context: Context<U, M, z.ZodUndefined> & Reporting<V>) => Done;
}

/** Defines what runs on a schedule. */
export function scheduled<
  const M extends EventType = never,
  const U extends Uses = Record<never, never>,
  const V extends VariableName = never,
>(definition: Definition<M, U, V>): Scheduled<Needs<U, never, M["type"]>>;
export function scheduled(definition: Scheduled): Scheduled {
  return definition;
}
