import type { Consumer } from "../runtime/define/consumer.ts";

/** Write units by table; the outbox's index is one more. */
export type WriteUnits = Readonly<Record<string, number>>;

/**
 * Units of a write of up to 1 KB, inside a transaction and alone
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html). Items here are
 * smaller.
 */
const IN_TRANSACTION = 2;
const ALONE = 1;

/**
 * Items that one verb writes at most, for which nothing can be declared: an order's end is the end of its contact too,
 * and an order has three lines.
 */
const ITEMS: Readonly<Record<string, number>> = { orders: 2, stock: 3 };

const WRITES: ReadonlySet<string> = new Set(["put", "update", "remove"]);

const INDEX = "outbox index";

/** An event: its item in the transaction, its mark taken off; the index takes the mark in and out again. */
const EVENT: WriteUnits = { orders: IN_TRANSACTION + ALONE, [INDEX]: 2 * ALONE };

/** `POST /orders`: the order, its contact, its Idempotency-Key and its event. */
export const placingUnits: WriteUnits = add({ orders: 3 * IN_TRANSACTION }, EVENT);

/**
 * The write units that a consumer uses for a message at most, by what its handler declares: each writing verb of a
 * table once (of the orders twice, of the stock once for each of three lines), an event if it emits any, and of the
 * ledger a claim, a completion and where it admits a count, for each kind of message that it sends.
 */
export function unitsPerMessage(name: string, { uses = {}, emits = [] }: Pick<Consumer, "uses" | "emits">): WriteUnits {
  const kinds = Object.values(uses).map(({ kind }) => kind);
  const effects = kinds.filter((kind) => kind === "email" || kind === "sms").length;
  const written = Object.entries(uses).map(([use, { kind, verbs, key }]): WriteUnits => {
    const admitting = kind === "ledger" && verbs.includes("admits") ? 1 : 0;
    if (kind === "ledger") return { [use]: (2 + admitting) * ALONE * effects };
    const writes = verbs.filter((verb) => WRITES.has(verb)).length * (ITEMS[use] ?? 1);
    if (kind !== "table" || writes === 0) return {};
    return { [key === undefined ? use : `${name}-${use}`]: IN_TRANSACTION * writes };
  });
  return add(...written, emits.length > 0 ? EVENT : {});
}

/** The sum, by table. */
export function add(...all: readonly WriteUnits[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const [table, units] of all.flatMap((one) => Object.entries(one))) sum[table] = (sum[table] ?? 0) + units;
  return sum;
}

/** So many times as much. */
export const times = (factor: number, units: WriteUnits): Record<string, number> =>
  Object.fromEntries(Object.entries(units).map(([table, count]) => [table, factor * count]));
