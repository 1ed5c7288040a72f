import type * as z from "zod";
import type { EnvironmentWith, VariableName } from "../../contracts/environment.ts";
import type { Context, Done, Need, Needs, Unreserved, Uses } from "./types.ts";
import type { Use } from "./uses.ts";

/** What runs on a schedule, and needs `N` of its program. */
export interface Scheduled<out N extends Need = Need> {
  readonly module: ImportMeta;
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
  readonly metric: (name: "OldestUnpublishedSeconds", value: number) => void;
}

interface Definition<U, V extends VariableName> {
  /** `import.meta` of the handler's own file, which is bundled. */
  module: ImportMeta;
  /** The resources that it uses, by the name the program offers them under. */
  uses?: Unreserved<U>;
  /** The environment variables that it cannot do without. */
  variables?: readonly V[];
  handle: (context: Context<U, never, z.ZodUndefined> & Reporting<V>) => Done;
}

/** Defines what runs on a schedule. */
export function scheduled<const U extends Uses = Record<never, never>, const V extends VariableName = never>(
  definition: Definition<U, V>,
): Scheduled<Needs<U, never, never>>;
export function scheduled(definition: Scheduled): Scheduled {
  return definition;
}
