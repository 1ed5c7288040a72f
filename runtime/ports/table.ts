import { BatchGetCommand, GetCommand, QueryCommand, type QueryCommandInput } from "@aws-sdk/lib-dynamodb";
import { setTimeout as sleep } from "node:timers/promises";
import { fullJitter } from "./backoff.ts";
import { documentClient } from "./clients.ts";
import { emission } from "./outbox.ts";
import { transact, type TransactItem, type Write } from "./transact.ts";
import type { Opening, Scope } from "./port.ts";

type Bound<T> = Omit<NonNullable<T>, "TableName">;
type Key = Readonly<Record<string, string>>;

/** A table's methods: reads are consistent; writes are made here and committed by `transact`. */
export interface TablePort {
  /** The item, read consistently. */
  get(key: Key): Promise<Record<string, unknown> | undefined>;
  /** Up to 100 items, read consistently, in no order; those that are not there are left out. */
  getMany(keys: readonly Key[]): Promise<Record<string, unknown>[]>;
  /** Every item of a query, all pages, read consistently. */
  query(query: Omit<Bound<QueryCommandInput>, "IndexName">): Promise<Record<string, unknown>[]>;
  /** Every item of a query of one of the table's indexes, all pages: what was just written may be missing. */
  queryIndex(query: Bound<QueryCommandInput> & { readonly IndexName: string }): Promise<Record<string, unknown>[]>;
  put(put: Bound<TransactItem["Put"]>): Write;
  update(update: Bound<TransactItem["Update"]>): Write;
  remove(remove: Bound<TransactItem["Delete"]>): Write;
  check(check: Bound<TransactItem["ConditionCheck"]>): Write;
}

/** A table brings transactions over tables, and the outbox that takes part in them. */
export { emission, transact };

export function open({ resource: TableName, calls }: Opening) {
  const client = documentClient(calls);
  const pages = async (query: Bound<QueryCommandInput>, abortSignal: AbortSignal) => {
    const found: Record<string, unknown>[] = [];
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    do {
      const page = await client.send(new QueryCommand({ TableName, ...query, ExclusiveStartKey }), { abortSignal });
      found.push(...(page.Items ?? []));
      ExclusiveStartKey = query.Limit === undefined ? page.LastEvaluatedKey : undefined;
    } while (ExclusiveStartKey);
    return found;
  };
  return ({ signal: abortSignal }: Scope): TablePort => ({
    async get(Key) {
      return (await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }), { abortSignal })).Item;
    },
    async getMany(keys) {
      const found: Record<string, unknown>[] = [];
      // DynamoDB answers with part of the keys when it is busy; the rest is asked for again.
      for (let left: readonly Key[] = keys, attempt = 0; left.length > 0; attempt++) {
        if (attempt > 0) await sleep(fullJitter(attempt), undefined, { signal: abortSignal });
        const { Responses, UnprocessedKeys } = await client.send(
          new BatchGetCommand({ RequestItems: { [TableName]: { Keys: [...left], ConsistentRead: true } } }),
          { abortSignal },
        );
        found.push(...(Responses?.[TableName] ?? []));
        left = UnprocessedKeys?.[TableName]?.Keys ?? [];
      }
      return found;
    },
    query: (query) => pages({ ConsistentRead: true, ...query }, abortSignal),
    queryIndex: (query) => pages(query, abortSignal),
    put: (put) => ({ item: { Put: { TableName, ...put } } }),
    update: (update) => ({ item: { Update: { TableName, ...update } } }),
    remove: (remove) => ({ item: { Delete: { TableName, ...remove } } }),
    check: (check) => ({ item: { ConditionCheck: { TableName, ...check } } }),
  });
}
