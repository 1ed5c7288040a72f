import type { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import { orderIn, type AnsweredCall } from "../endpoint/call-log.ts";
import { inTransaction } from "../shared/database-file.ts";
import { dropUpTo, forgetOrder } from "./forget.ts";
import { hasFailed, type Cause, type Complaint, type EndedInvocation } from "./records.ts";

/** What is written at once. */
export interface Batch {
  readonly calls: readonly AnsweredCall[];
  readonly invocations: readonly EndedInvocation[];
  readonly complaints: readonly OrderComplaint[];
}

/** A complaint, and whose order it is about. */
export interface OrderComplaint extends Complaint {
  readonly orderId: string;
}

/** Writes the history, and keeps it within its bounds. */
export interface Writer {
  /** Gives the ids of the orders that the batch is about. */
  readonly write: (batch: Batch) => Set<string>;
  readonly forget: (orderId: string) => void;
}

/** A text is cut here: an event of a full batch is some 20 KB. */
const MOST_TEXT = 32_768;
/** Orders that go at once when there are too many. */
const DROPPED_AT_ONCE = 100;
/** Requests under way whose orders are remembered. */
const MOST_REQUESTS = 5_000;

const Bounds = z.object({ orders: z.int(), pages: z.int(), size: z.int() });

const cut = (text: string): string =>
  text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}... (${text.length} characters)` : text;

/** Begins to write. */
export function createWriter(
  database: DatabaseSync,
  { mostOrders, mostBytes }: { mostOrders: number; mostBytes: number },
): Writer {
  const statements = {
    find: database.prepare("SELECT number FROM orders WHERE id = ?"),
    addOrder: database.prepare("INSERT INTO orders (id, at, stale) VALUES (?, ?, 1)"),
    touch: database.prepare("UPDATE orders SET stale = 1 WHERE number = ? AND stale = 0"),
    addCall: database.prepare(
      "INSERT INTO calls (orderNumber, requestId, record, request, answer) VALUES (?, ?, ?, ?, ?)",
    ),
    addInvocation: database.prepare(
      "INSERT INTO invocations (at, function, durationMs, failed, record, request, answer) VALUES (?, ?, ?, ?, ?, ?, ?)",
    ),
    link: database.prepare("INSERT OR IGNORE INTO invocationsOfOrders VALUES (?, ?)"),
    addComplaint: database.prepare("INSERT INTO complaints (orderNumber, function, line) VALUES (?, ?, ?)"),
    dropCalls: database.prepare("DELETE FROM calls WHERE orderNumber IS NULL AND requestId = ?"),
    bounds: database.prepare(
      "SELECT count(*) AS orders, (SELECT page_count FROM pragma_page_count) - (SELECT freelist_count FROM pragma_freelist_count) AS pages, (SELECT page_size FROM pragma_page_size) AS size FROM orders",
    ),
  };
  /** The numbers of orders that were written lately. */
  const numbers = new Map<string, number>();
  const ordersOfRequests = new Map<string, Set<string>>();

  const numberOf = (orderId: string): number => {
    const known = numbers.get(orderId) ?? statements.find.get(orderId)?.["number"];
    const number =
      typeof known === "number" ? known : Number(statements.addOrder.run(orderId, Date.now()).lastInsertRowid);
    if (numbers.size > MOST_REQUESTS) numbers.clear();
    numbers.set(orderId, number);
    return number;
  };
  const remember = (requestId: string, orderId: string): void => {
    if (ordersOfRequests.size > MOST_REQUESTS) ordersOfRequests.clear();
    const known = ordersOfRequests.get(requestId) ?? new Set();
    ordersOfRequests.set(requestId, known.add(orderId));
  };

  const writeCall = ({ body, answer, at, ...call }: AnsweredCall, touched: Set<string>): void => {
    const request = body();
    const orderId = orderIn(request);
    if (orderId !== undefined) {
      touched.add(orderId);
      if (call.requestId !== undefined) remember(call.requestId, orderId);
    }
    statements.addCall.run(
      orderId === undefined ? null : numberOf(orderId),
      call.requestId ?? null,
      JSON.stringify({ at: new Date(at).toISOString(), ...call, ...(orderId !== undefined && { orderId }) }),
      cut(request),
      answer === undefined ? null : cut(answer()),
    );
  };

  const writeInvocation = ({ cause, ...invocation }: EndedInvocation, touched: Set<string>): void => {
    const orderIds = ordersOfRequests.get(invocation.requestId) ?? new Set<string>();
    ordersOfRequests.delete(invocation.requestId);
    let request: string | null = null;
    let answer: string | null = null;
    let stored: Cause;
    if (cause.kind === "batch") {
      const messages = cause.messages.map(({ body, ...message }) => {
        const orderId = orderIn(body);
        const event = /"type":"([^"]{1,100})"/.exec(body)?.[1];
        if (orderId !== undefined) orderIds.add(orderId);
        return { ...message, ...(orderId !== undefined && { orderId }), ...(event !== undefined && { event }) };
      });
      stored = { ...cause, messages };
    } else if (cause.kind === "request") {
      const { kind, route, status } = cause;
      [request, answer] = [cut(cause.request()), cut(cause.answer())];
      const orderId = orderIn(answer);
      if (orderId !== undefined) orderIds.add(orderId);
      stored = { kind, route, status };
    } else stored = cause;
    if (orderIds.size === 0 && stored.kind !== "batch") {
      // A refused request is nobody's, and a run of the relay that found nothing says nothing.
      [request, answer] = [null, null];
      statements.dropCalls.run(invocation.requestId);
    }
    const { at, durationMs, function: name } = invocation;
    const { lastInsertRowid } = statements.addInvocation.run(
      at,
      name,
      durationMs,
      Number(hasFailed({ cause, ...invocation })),
      JSON.stringify({ ...invocation, cause: stored }),
      request,
      answer,
    );
    for (const orderId of orderIds) {
      statements.link.run(numberOf(orderId), lastInsertRowid);
      touched.add(orderId);
    }
  };

  const transaction = (act: () => void): void => {
    try {
      inTransaction(database, act);
    } catch (error) {
      numbers.clear(); // some of them may have been rolled back
      throw error;
    }
  };

  /** Drops the oldest orders while there are too many, or too much of them. */
  const prune = (): void => {
    const { orders, pages, size } = Bounds.parse(statements.bounds.get());
    if (orders <= mostOrders + DROPPED_AT_ONCE && pages * size <= mostBytes) return;
    const going = Math.max(DROPPED_AT_ONCE, orders - mostOrders);
    transaction(() => {
      const last = z.object({ number: z.int(), at: z.int() });
      const found = database
        .prepare(
          "SELECT number, at FROM orders WHERE number IN (SELECT number FROM orders ORDER BY number LIMIT ?) ORDER BY number DESC LIMIT 1",
        )
        .get(going);
      const { number, at } = last.parse(found);
      dropUpTo(database, number);
      database.prepare("INSERT INTO dropped VALUES (?, ?)").run(Math.min(going, orders), at);
      numbers.clear();
    });
  };

  return {
    write: ({ calls, invocations, complaints }) => {
      const touched = new Set<string>();
      transaction(() => {
        for (const call of calls) writeCall(call, touched);
        for (const invocation of invocations) writeInvocation(invocation, touched);
        for (const { orderId, function: name, line } of complaints) {
          statements.addComplaint.run(numberOf(orderId), name, cut(line));
        }
        for (const orderId of touched) statements.touch.run(numberOf(orderId));
      });
      if (touched.size > 0) prune();
      return touched;
    },
    forget: (orderId) => {
      const number = statements.find.get(orderId)?.["number"];
      if (typeof number !== "number") return;
      transaction(() => forgetOrder(database, number));
      numbers.delete(orderId);
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)"); // the log still has the pages as they were
    },
  };
}
