import { GetCommand, QueryCommand, type QueryCommandInput } from "@aws-sdk/lib-dynamodb";
import { documentClient } from "./clients.ts";
import { emission } from "./outbox.ts";
import { Publications } from "./publications.ts";
import { putMany } from "./put-many.ts";
import { openReads, type Key } from "./reads.ts";
import { transact, type TransactItem, type Write } from "./transact.ts";
import type { Opening, Scope } from "./port.ts";

type Bound<T> = Omit<NonNullable<T>, "TableName">;

/** A table's methods: reads are consistent; writes are made here and committed by `transact`. */
export interface TablePort {
  /** The item, read consistently. */
  get(key: Key): Promise<Record<string, unknown> | undefined>;
  /**
   * Up to 100 items, read consistently, in no order; those that are not there are left out. What the events of a batch ask
   * for at the same time is one call, where its consumer says `readsFirst`.
   */
  getMany(keys: readonly Key[]): Promise<Record<string, unknown>[]>;
  /** Writes up to 25 whole items over what is there, each by itself; gives the number that DynamoDB did not process. */
  putMany(items: readonly Readonly<Record<string, unknown>>[]): Promise<number>;
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
export { emission, Publications, transact };

export function open({ resource: TableName, calls }: Opening) {
  const client = documentClient(calls);
  const reads = openReads(TableName, client);
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
  return ({ signal: abortSignal, turn }: Scope): TablePort => ({
    async get(Key) {
      return (await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }), { abortSignal })).Item;
    },
    getMany: (keys) => (turn ? reads.gathered : reads.direct)(keys, abortSignal),
    putMany: (items) => putMany(client, TableName, items, abortSignal),
    query: (query) => pages({ ConsistentRead: true, ...query }, abortSignal),
    queryIndex: (query) => pages(query, abortSignal),
    put: (put) => ({ item: { Put: { TableName, ...put } } }),
    update: (update) => ({ item: { Update: { TableName, ...update } } }),
    remove: (remove) => ({ item: { Delete: { TableName, ...remove } } }),
    check: (check) => ({ item: { ConditionCheck: { TableName, ...check } } }),
  });
}
