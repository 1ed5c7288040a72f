import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import { setTimeout as sleep } from "node:timers/promises";
import type { Calls } from "./calls.ts";
import { documentClient } from "./clients.ts";
import type { emission } from "./outbox.ts";
import type { Write } from "../define/uses.ts";

/** What comes with the use of a table: transactions, and the outbox that takes part in them. */
export interface Transactions {
  readonly transact: typeof transact;
  readonly emission: typeof emission;
}

/** How often a transaction in conflict is tried before the message is left to come again. */
const MAX_ATTEMPTS = 12;

/**
 * Milliseconds to wait before attempt `attempt` (from 1): anything from 0 to 25 doubled each time, at most 1,000
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export const fullJitter = (attempt: number): number => Math.random() * Math.min(1_000, 25 * 2 ** attempt);

/**
 * Commits all of the writes or none, and returns those whose condition did not hold: none when it has committed.
 * A conflict with another transaction or a throttle says nothing of the conditions: it is tried again with jitter, and
 * thrown when it does not end, never returned.
 */
export async function transact(writes: readonly Write[], calls: Calls, abortSignal: AbortSignal): Promise<Write[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      await documentClient(calls).send(new TransactWriteCommand({ TransactItems: writes.map(({ item }) => item) }), {
        abortSignal,
      });
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const reasons = error.CancellationReasons ?? [];
      const others = reasons.filter(({ Code }) => Code !== "None" && Code !== "ConditionalCheckFailed");
      if (others.length === 0) return writes.filter((_, index) => reasons[index]?.Code === "ConditionalCheckFailed");
      if (!others.every(({ Code }) => Code !== undefined && RETRIED.has(Code)) || attempt === MAX_ATTEMPTS) throw error;
      await sleep(fullJitter(attempt), undefined, { signal: abortSignal });
      continue;
    }
    for (const { committed } of writes) await committed?.();
    return [];
  }
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
const RETRIED = new Set(["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]);
