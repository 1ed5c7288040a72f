import * as z from "zod";

/** The outcome of an effect. `refused` and `not-sent` are final: no retry would cure them. */
export const Outcome = z.object({ outcome: z.enum(["sent", "refused", "not-sent"]), reason: z.string().optional() });
export type Outcome = z.output<typeof Outcome>;

/** An item of the effects table: an effect's claim, and once it has happened its outcome. */
export const StoredEffect = z.object({
  eventId: z.string(),
  /** `<consumer>#<effect>` */
  effect: z.string(),
  /** Until when the claim stands, in milliseconds since 1970; gone when the effect is done. */
  leaseUntil: z.number().optional(),
  outcome: Outcome.optional(),
  /** When it was done. */
  at: z.string().optional(),
});
export type StoredEffect = z.output<typeof StoredEffect>;

/** The key of an effect in the effects table. */
export const effectKey = (eventId: string, consumer: string, effect: string) => ({
  eventId,
  effect: `${consumer}#${effect}`,
});
