import type { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import { CallRecord } from "../endpoint/call-log.ts";
import { parseJson } from "../shared/json.ts";
import { InvocationRecord, StoredCall, StoredInvocation, type Complaint } from "./records.ts";

/** All that is kept of an order. */
export interface OrderHistory {
  /** In the order in which they ended. */
  readonly invocations: readonly StoredInvocation[];
  /** Those about this order, and those about none or several that its invocations made; in the order of their answers. */
  readonly calls: readonly StoredCall[];
  readonly complaints: readonly Complaint[];
}

/** One run of a function, as the metrics need it. */
export interface Run {
  readonly at: number;
  readonly durationMs: number;
  readonly failed: boolean;
}

/** Reads the history. */
export interface Reader {
  /** See `CallLog`. */
  readonly list: (orderId?: string) => CallRecord[];
  /** The invocations for an order, without what they carried. */
  readonly invocations: (orderId: string) => InvocationRecord[];
  /** Undefined where nothing is kept of it. */
  readonly order: (orderId: string) => OrderHistory | undefined;
  /** The ids of orders whose summary is older than what happened to them, at most 100. */
  readonly stale: () => string[];
  /** Keeps a summary of an order, in JSON. */
  readonly summarize: (orderId: string, summary: string) => void;
  /** The summaries, newest order first. */
  readonly summaries: () => string[];
  /** The newest runs of a function, at most 5,000, newest first. */
  readonly recent: (functionName: string) => Run[];
  /** The newest line that a function logged about an order as an error or a warning. */
  readonly lastComplaint: (functionName: string, orderId: string) => string | undefined;
  /** How many orders the bounds have cost, and until when they were placed, in ms since 1970; undefined for none. */
  readonly dropped: () => { orders: number; until: number } | undefined;
}

const MOST_CALLS = 10_000;
const MOST_RUNS = 5_000;

const ofOrder = "SELECT invocation FROM invocationsOfOrders WHERE orderNumber = ?";

const Row = z.object({ record: z.string(), request: z.string().nullable(), answer: z.string().nullable() });
const ComplaintRow = z.object({ function: z.string(), line: z.string() });
const RunRow = z.object({ at: z.number(), durationMs: z.number(), failed: z.int().transform(Boolean) });
const Dropped = z.object({ orders: z.int().nullable(), until: z.int().nullable() });

const stored = <T>(schema: z.ZodType<T>, row: unknown): T => {
  const { record, request, answer } = Row.parse(row);
  return schema.parse({ ...z.looseObject({}).parse(parseJson(record)), request, answer });
};

/** Reads what the writer has written. */
export function createReader(database: DatabaseSync): Reader {
  const texts = (rows: Record<string, unknown>[], column: string): string[] =>
    rows.map((row) => z.string().parse(row[column]));
  const numberOf = (orderId: string) =>
    database.prepare("SELECT number FROM orders WHERE id = ?").get(orderId)?.["number"];
  const records = (rows: Record<string, unknown>[]) =>
    texts(rows, "record").map((record) => CallRecord.parse(parseJson(record)));

  return {
    list: (orderId) => {
      if (orderId === undefined) {
        const newest = database.prepare(`SELECT record FROM calls ORDER BY number DESC LIMIT ${MOST_CALLS}`).all();
        return records(newest.reverse());
      }
      const number = numberOf(orderId);
      if (number === undefined) return [];
      return records(database.prepare("SELECT record FROM calls WHERE orderNumber = ? ORDER BY number").all(number));
    },
    invocations: (orderId) => {
      const number = numberOf(orderId);
      if (number === undefined) return [];
      const rows = database.prepare(`SELECT record FROM invocations WHERE number IN (${ofOrder}) ORDER BY number`);
      return texts(rows.all(number), "record").map((record) => InvocationRecord.parse(parseJson(record)));
    },
    order: (orderId) => {
      const number = numberOf(orderId);
      if (number === undefined) return undefined;
      const all = (sql: string) => database.prepare(sql).all(number);
      const invocations = all(
        `SELECT record, request, answer FROM invocations WHERE number IN (${ofOrder}) ORDER BY number`,
      ).map((row) => stored(StoredInvocation, row));
      const shared = database.prepare(
        "SELECT record, request, answer FROM calls WHERE orderNumber IS NULL AND requestId = ? ORDER BY number",
      );
      return {
        invocations,
        calls: [
          ...all("SELECT record, request, answer FROM calls WHERE orderNumber = ? ORDER BY number"),
          ...invocations.flatMap(({ requestId }) => shared.all(requestId)),
        ].map((row) => stored(StoredCall, row)),
        complaints: all("SELECT function, line FROM complaints WHERE orderNumber = ? ORDER BY number").map((row) =>
          ComplaintRow.parse(row),
        ),
      };
    },
    stale: () => texts(database.prepare("SELECT id FROM orders WHERE stale = 1 LIMIT 100").all(), "id"),
    summarize: (orderId, summary) =>
      void database.prepare("UPDATE orders SET summary = ?, stale = 0 WHERE id = ?").run(summary, orderId),
    summaries: () =>
      texts(
        database.prepare("SELECT summary FROM orders WHERE summary IS NOT NULL ORDER BY number DESC").all(),
        "summary",
      ),
    recent: (functionName) =>
      database
        .prepare(
          `SELECT at, durationMs, failed FROM invocations WHERE function = ? ORDER BY number DESC LIMIT ${MOST_RUNS}`,
        )
        .all(functionName)
        .map((row) => RunRow.parse(row)),
    lastComplaint: (functionName, orderId) => {
      const number = numberOf(orderId);
      if (number === undefined) return undefined;
      const row = database
        .prepare("SELECT line FROM complaints WHERE orderNumber = ? AND function = ? ORDER BY number DESC LIMIT 1")
        .get(number, functionName);
      return row === undefined ? undefined : z.string().parse(row["line"]);
    },
    dropped: () => {
      const { orders, until } = Dropped.parse(
        database.prepare("SELECT sum(orders) AS orders, max(until) AS until FROM dropped").get(),
      );
      return orders === null || until === null ? undefined : { orders, until };
    },
  };
}
