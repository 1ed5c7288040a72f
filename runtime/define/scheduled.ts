import type * as z from "zod";
import type { Context, Env } from "../lambda/context.ts";
import type { Shared, Use, Uses } from "./uses.ts";

/** What runs on a schedule: uses resources `N` (name to kind). */
export interface Scheduled<in N = never> {
  readonly module: ImportMeta;
  readonly uses?: Readonly<Record<string, Use>>;
  readonly handle: (context: never) => Promise<void>;
  readonly needs?: (resources: N) => void;
}

/** What a scheduled handler gets beside what every handler does. */
export interface Reporting {
  readonly env: Env;
  /** Records a metric of the namespace `OrderFanout`, in seconds. */
  readonly metricSeconds: (name: string, value: number) => void;
}

interface Definition<U> {
  /** `import.meta` of the handler's own file, which is bundled. */
  module: ImportMeta;
  /** The resources that it uses, by the name the program offers them under. */
  uses?: U;
  handle: (context: Context<U, never, z.ZodUndefined> & Reporting) => Promise<void>;
}

/** Defines what runs on a schedule. */
export function scheduled<const U extends Uses = Record<never, never>>(
  definition: Definition<U>,
): Scheduled<Shared<U>> {
  return definition;
}
