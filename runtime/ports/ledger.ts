import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { createHash, randomUUID } from "node:crypto";
import { effectKey, type Outcome } from "../../contracts/ledger.ts";
import { documentClient } from "./clients.ts";
import type { Opening, Scope } from "./port.ts";

/** The ledger's methods. */
export interface LedgerPort {
  /**
   * Runs an effect once per event, however often the event is delivered. The effect is claimed with an owner and a
   * lease before `act`, and completed after it on the condition that the owner is still the same. Where the provider
   * did not answer, the claim stands until its lease has run out.
   * @returns what came of it now, or `undefined` when it had already happened.
   * @throws EffectInProgress while another delivery holds the lease: the message comes again after it.
   */
  once(effect: string, act: () => Promise<Outcome>): Promise<Outcome | undefined>;
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

/** Longer than a dead letter lives (14 days) and a redrive gives it again (14 more): no redrive repeats an effect. */
const KEPT_SECONDS = 35 * 24 * 3_600;
const TWO_DAYS_SECONDS = 2 * 24 * 3_600;

export function open({ resource: TableName, calls, env }: Opening) {
  const client = documentClient(calls);
  const { NAME, LEASE_SECONDS } = env;
  if (LEASE_SECONDS === undefined) throw new Error(`LEASE_SECONDS is missing in the environment of "${NAME}"`);
  const leaseMs = LEASE_SECONDS * 1_000;
  const owned = { ConditionExpression: "#owner = :me AND attribute_not_exists(outcome)", names: { "#owner": "owner" } };

  return ({ id: eventId, signal: abortSignal, log }: Scope): LedgerPort => ({
    async once(effect, act) {
      const Key = effectKey(eventId, NAME, effect);
      const me = randomUUID();
      const now = Date.now();
      try {
        await client.send(
          new UpdateCommand({
            TableName,
            Key,
            UpdateExpression: "SET #owner = :me, leaseUntil = :until, expiresAt = :expires",
            ConditionExpression:
              "attribute_not_exists(eventId) OR (attribute_not_exists(outcome) AND leaseUntil < :now)",
            ExpressionAttributeNames: owned.names,
            ExpressionAttributeValues: {
              ":me": me,
              ":now": now,
              ":until": now + leaseMs,
              ":expires": Math.floor(now / 1_000) + KEPT_SECONDS,
            },
            ReturnValuesOnConditionCheckFailure: "ALL_OLD",
          }),
          { abortSignal },
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        if (error.Item?.["outcome"]) return undefined;
        throw new EffectInProgress(
          `${Key.effect} of ${eventId} is claimed by another delivery, or its owner died before its lease ended`,
        );
      }

      let outcome: Outcome;
      try {
        outcome = await act();
      } catch (error) {
        if (wasRefused(error)) await giveBack();
        throw error;
      }
      // Without the deadline's signal: what has happened must be written down, however late it is.
      await client.send(
        new UpdateCommand({
          TableName,
          Key,
          UpdateExpression: "SET outcome = :outcome, #at = :at REMOVE leaseUntil",
          ConditionExpression: owned.ConditionExpression,
          ExpressionAttributeNames: { ...owned.names, "#at": "at" },
          ExpressionAttributeValues: { ":me": me, ":outcome": outcome, ":at": new Date().toISOString() },
        }),
      );
      return outcome;

      // The lease ends now instead of later, if it is still ours: never a delete, which would undo another's record.
      async function giveBack(): Promise<void> {
        try {
          await client.send(
            new UpdateCommand({
              TableName,
              Key,
              UpdateExpression: "SET leaseUntil = :ended",
              ConditionExpression: owned.ConditionExpression,
              ExpressionAttributeNames: owned.names,
              ExpressionAttributeValues: { ":me": me, ":ended": 0 },
            }),
          );
        } catch (error) {
          log.warn("the effect's lease could not be given back: the next try waits for its end", {
            effect,
            error: error instanceof Error ? error.name : "unknown",
          });
        }
      }
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
  });
}

/** Whether the provider answered that it did not do it. No answer may mean that it did: then the lease has to run out. */
const wasRefused = (error: unknown): boolean =>
  error instanceof Error && "$fault" in error && error.$fault === "client";
