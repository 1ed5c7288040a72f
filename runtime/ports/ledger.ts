import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { createHash, randomUUID } from "node:crypto";
import { effectKey, type Outcome } from "../../contracts/ledger.ts";
import { documentClient } from "./clients.ts";
import { openLeases, type Place } from "./leases.ts";
import type { Opening, Scope } from "./port.ts";

/** The ledger's methods. */
export interface LedgerPort {
  /**
   * Runs an effect once per event, however often the event is delivered. The effect is claimed with an owner and a
   * lease before `act`, and completed after it on the condition that the owner is still the same. Where the provider
   * did not answer, the claim stands until its lease has run out.
   * @param then the effect that the handler runs next: the write that completes this one claims it as well.
   * @returns what came of it now, or `undefined` when it had already happened.
   * @throws EffectInProgress while another delivery holds the lease: the message comes again after it.
   */
  once(effect: string, act: () => Promise<Outcome>, then?: string): Promise<Outcome | undefined>;
  /**
   * Counts the event against what a recipient may get in a day (UTC), each event once however often it is delivered.
   * Events are kept by their ids, recipients by a hash, for two days.
   * @returns whether it is among the first `perDay`.
   */
  admits(recipient: string, perDay: number): Promise<boolean>;
}

/** Another delivery of the same event is at the same effect, or died there and its lease has not run out. */
export class EffectInProgress extends Error {
  override readonly name = "EffectInProgress";
}

const TWO_DAYS_SECONDS = 2 * 24 * 3_600;

export function open({ resource: TableName, calls, env }: Opening) {
  const client = documentClient(calls);
  const { NAME, LEASE_SECONDS } = env;
  if (LEASE_SECONDS === undefined) throw new Error(`LEASE_SECONDS is missing in the environment of "${NAME}"`);
  const leases = openLeases(TableName, LEASE_SECONDS, client);

  return ({ id: eventId, signal: abortSignal, log }: Scope): LedgerPort => {
    /** The effect that follows another one in that one's item; with its owner where it is claimed already. */
    let next: { readonly effect: string; readonly place: Place; readonly owner: string | undefined } | undefined;

    return {
      async once(effect, act, then) {
        const followed = next?.effect === effect ? next : undefined;
        const place = followed?.place ?? { Key: effectKey(eventId, NAME, effect), follows: false };
        let owner = followed?.owner;
        if (owner === undefined) {
          owner = randomUUID();
          const found = await leases.claim(place, owner, then, abortSignal);
          if (found === "in progress")
            throw new EffectInProgress(
              `${NAME}#${effect} of ${eventId} is claimed by another delivery, or its owner died before its lease ended`,
            );
          if (found !== "claimed") {
            next = found.following === undefined ? undefined : followedBy(found.following, place);
            return undefined;
          }
        }

        let outcome: Outcome;
        try {
          outcome = await act();
        } catch (error) {
          if (wasRefused(error)) await giveBack(place, owner, effect);
          throw error;
        }
        // Without the deadline's signal: what has happened must be written down, however late it is.
        await leases.complete(place, owner, outcome, then);
        next = then === undefined ? undefined : followedBy(then, place, owner);
        return outcome;
      },

      async admits(recipient, perDay) {
        const now = new Date();
        const hash = createHash("sha256").update(recipient).digest("hex").slice(0, 32);
        try {
          await client.send(
            new UpdateCommand({
              TableName,
              Key: effectKey(`recipient#${hash}#${now.toISOString().slice(0, 10)}`, NAME, "limit"),
              UpdateExpression: "ADD eventIds :this SET expiresAt = :expires",
              ConditionExpression:
                "attribute_not_exists(eventIds) OR contains(eventIds, :id) OR size(eventIds) < :perDay",
              ExpressionAttributeValues: {
                ":this": new Set([eventId]),
                ":id": eventId,
                ":perDay": perDay,
                ":expires": Math.floor(now.getTime() / 1_000) + TWO_DAYS_SECONDS,
              },
            }),
            { abortSignal },
          );
          return true;
        } catch (error) {
          if (error instanceof ConditionalCheckFailedException) return false;
          throw error;
        }
      },
    };

    /** The lease ends now instead of later, if it is still ours. */
    async function giveBack(place: Place, owner: string, effect: string): Promise<void> {
      try {
        await leases.giveBack(place, owner);
      } catch (error) {
        log.warn("the effect's lease could not be given back: the next try waits for its end", {
          effect,
          error: error instanceof Error ? error.name : "unknown",
        });
      }
    }
  };
}

const followedBy = (effect: string, { Key }: Place, owner?: string) => ({
  effect,
  place: { Key, follows: true },
  owner,
});

/** Whether the provider answered that it did not do it. No answer may mean that it did: then the lease has to run out. */
const wasRefused = (error: unknown): boolean =>
  error instanceof Error && "$fault" in error && error.$fault === "client";
