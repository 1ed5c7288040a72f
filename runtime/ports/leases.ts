import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { UpdateCommand, type DynamoDBDocumentClient, type UpdateCommandInput } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import type { Outcome } from "../../contracts/ledger.ts";

/** Where an effect is in the ledger: an item of its own, or as the one that follows in another effect's item. */
export interface Place {
  readonly Key: Readonly<Record<string, string>>;
  readonly follows: boolean;
}

/** An effect that has happened, and the effect that follows in its item, if one does. */
interface Happened {
  readonly following: string | undefined;
}

/** Longer than a dead letter lives (14 days) and a redrive gives it again (14 more): no redrive repeats an effect. */
const KEPT_SECONDS = 35 * 24 * 3_600;

/** What an item says of the effect that follows: the SDK leaves the item of an error as DynamoDB writes it. */
const Followed = z.object({ following: z.object({ S: z.string() }).optional() });

/** The claims of effects, each with an owner and a lease that ends by itself, and their completions. */
export function openLeases(TableName: string, leaseSeconds: number, client: DynamoDBDocumentClient) {
  const update = (input: Omit<UpdateCommandInput, "TableName">, abortSignal?: AbortSignal) =>
    client.send(new UpdateCommand({ TableName, ...input }), { ...(abortSignal && { abortSignal }) });
  const attributesOf = ({ follows }: Place) =>
    follows ? { outcome: "nextOutcome", at: "nextAt" } : { outcome: "outcome", at: "at" };
  const owned = (outcome: string) => `#owner = :me AND attribute_not_exists(${outcome})`;

  return {
    async claim(
      place: Place,
      me: string,
      then: string | undefined,
      abortSignal: AbortSignal,
    ): Promise<"claimed" | "in progress" | Happened> {
      const { outcome } = attributesOf(place);
      const now = Date.now();
      try {
        await update(
          {
            Key: place.Key,
            UpdateExpression: `SET #owner = :me, leaseUntil = :until, expiresAt = :expires${then === undefined ? "" : ", following = :then"}`,
            ConditionExpression: `attribute_not_exists(eventId) OR (attribute_not_exists(${outcome}) AND leaseUntil < :now)`,
            ExpressionAttributeNames: { "#owner": "owner" },
            ExpressionAttributeValues: {
              ":me": me,
              ":now": now,
              ":until": now + leaseSeconds * 1_000,
              ":expires": Math.floor(now / 1_000) + KEPT_SECONDS,
              ...(then !== undefined && { ":then": then }),
            },
            ReturnValuesOnConditionCheckFailure: "ALL_OLD",
          },
          abortSignal,
        );
        return "claimed";
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        if (!error.Item?.[outcome]) return "in progress";
        return { following: place.follows ? undefined : Followed.parse(error.Item).following?.S };
      }
    },

    /** With `then`, the lease goes on: it is the claim of the effect that follows. */
    async complete(place: Place, me: string, came: Outcome, then: string | undefined): Promise<void> {
      const { outcome, at } = attributesOf(place);
      await update({
        Key: place.Key,
        UpdateExpression: `SET ${outcome} = :outcome, #at = :at${then === undefined ? " REMOVE leaseUntil" : ""}`,
        ConditionExpression: owned(outcome),
        ExpressionAttributeNames: { "#owner": "owner", "#at": at },
        ExpressionAttributeValues: { ":me": me, ":outcome": came, ":at": new Date().toISOString() },
      });
    },

    /** Ends the lease now, if it is still ours: never a delete, which would undo another's record. */
    async giveBack(place: Place, me: string): Promise<void> {
      await update({
        Key: place.Key,
        UpdateExpression: "SET leaseUntil = :ended",
        ConditionExpression: owned(attributesOf(place).outcome),
        ExpressionAttributeNames: { "#owner": "owner" },
        ExpressionAttributeValues: { ":me": me, ":ended": 0 },
      });
    },
  };
}
