import * as z from "zod";

/** The outcome of an effect. `refused` and `not-sent` are final: no retry would cure them. */
export const Outcome = z.object({ outcome: z.enum(["sent", "refused", "not-sent"]), reason: z.string().optional() });
export type Outcome = z.output<typeof Outcome>;

/**
 * An item of the effects table: an effect's claim, and once it has happened its outcome. The same of the effect that
 * follows it, where there is one: the owner and the lease are then that one's.
 */
export const StoredEffect = z.object({
  eventId: z.string(),
  /** `<consumer>#<effect>` */
  effect: z.string(),
  /** Until when the claim stands, in milliseconds since 1970; gone when all is done. */
  leaseUntil: z.number().optional(),
  outcome: Outcome.optional(),
  /** When it was done. */
  at: z.string().optional(),
  /** The name of the effect that follows, without its consumer's. */
  following: z.string().optional(),
  nextOutcome: Outcome.optional(),
  nextAt: z.string().optional(),
});
export type StoredEffect = z.output<typeof StoredEffect>;

/** The effects in an item, each as if it had an item of its own. */
export function effectsIn({ following, nextOutcome, nextAt, ...first }: StoredEffect): StoredEffect[] {
  if (following === undefined || first.outcome === undefined) return [first];
  const { leaseUntil, ...done } = first;
  const [consumer] = first.effect.split("#");
  const next = { eventId: first.eventId, effect: `${consumer}#${following}`, outcome: nextOutcome, at: nextAt };
  return [done, { ...next, ...(leaseUntil !== undefined && { leaseUntil }) }];
}

/** The key of an effect in the effects table. */
export const effectKey = (eventId: string, consumer: string, effect: string) => ({
  eventId,
  effect: `${consumer}#${effect}`,
});
