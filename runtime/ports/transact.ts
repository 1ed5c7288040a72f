import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { TransactWriteCommand, type TransactWriteCommandInput } from "@aws-sdk/lib-dynamodb";
import { setTimeout as sleep } from "node:timers/promises";
import { fullJitter } from "./backoff.ts";
import type { Calls } from "./calls.ts";
import { documentClient } from "./clients.ts";

/** The document client's own input for one write of a transaction. */
export type TransactItem = NonNullable<TransactWriteCommandInput["TransactItems"]>[number];

/** One write of a transaction: `transact` commits it, and returns it when its condition did not hold. */
export interface Write {
  readonly item: TransactItem;
  /** Called once the transaction has committed: an event's publication. */
  readonly committed?: () => Promise<void>;
}

/** How often a transaction in conflict is tried before the message is left to come again. */
const MAX_ATTEMPTS = 12;

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
