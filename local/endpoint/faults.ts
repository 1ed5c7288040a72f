import * as z from "zod";
import { seeded } from "../shared/random.ts";

const probability = z.number().min(0).max(1);

/** Faults for chaos tests; they meet the calls of functions alone, never a person's. */
export const FaultSettings = z.strictObject({
  seed: z.int().optional(),
  /** Calls that are throttled, by the error of the service called. */
  throttle: probability.optional(),
  /** Transactions that are answered with one TransactionConflict, and not done. */
  conflict: probability.optional(),
  /** Answers that come late. */
  late: z.strictObject({ probability, ms: z.number().min(0) }).optional(),
  /** Calls that are done and whose answer never comes. */
  lost: probability.optional(),
  /** Invocations whose worker is ended 0 to 50 ms after they begin. */
  kill: probability.optional(),
  snsDown: z.boolean().optional(),
  /** Batches that are delivered again, 1 to 5 times, later and shuffled. */
  repeat: probability.optional(),
  /** Hosts of the outside that answer 503. */
  hostsDown: z.array(z.string()).optional(),
  /** How long hosts of the outside take to answer, in ms. */
  slowHosts: z.record(z.string(), z.number().min(0)).optional(),
});
export type FaultSettings = z.infer<typeof FaultSettings>;

/** What goes wrong now. */
export interface Faults {
  get(): FaultSettings;
  readonly set: (settings: FaultSettings) => void;
  happens(fault: "throttle" | "conflict" | "lost"): boolean;
  /** How long this answer is held back, in ms. */
  lateness(): number;
  /** After how many ms this invocation's worker is ended, if it is. */
  killAfter(): number | undefined;
  /** After how many ms this batch is delivered again, once for each number. */
  repeats(): number[];
  shuffle<T>(items: readonly T[]): T[];
}

/** No fault until `set`, which `changed` is told of; the same seed gives the same sequence. */
export function createFaults(changed: (any: boolean) => void = () => undefined): Faults {
  let settings: FaultSettings = {};
  let random = seeded(1);
  const chance = (probability: number | undefined): boolean => probability !== undefined && random() < probability;
  return {
    get: () => settings,
    set: (next) => {
      settings = next;
      changed(Object.keys(next).length > 0);
      random = seeded(next.seed ?? 1);
    },
    happens: (fault) => chance(settings[fault]),
    lateness: () => (chance(settings.late?.probability) ? (settings.late?.ms ?? 0) : 0),
    killAfter: () => (chance(settings.kill) ? random() * 50 : undefined),
    repeats: () => {
      if (!chance(settings.repeat)) return [];
      // At once for the most part, and some when a lease of chaos, 6 s, is over: then only a record tells what is done.
      const delay = () => random() * (chance(0.2) ? 20_000 : 500);
      return Array.from({ length: 1 + Math.floor(random() * 5) }, delay);
    },
    shuffle: (items) =>
      items
        .map((item) => ({ item, order: random() }))
        .sort((a, b) => a.order - b.order)
        .map(({ item }) => item),
  };
}
