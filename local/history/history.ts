import { orderIn, type AnsweredCall, type CallLog } from "../endpoint/call-log.ts";
import type { DiskTrouble } from "../shared/disk.ts";
import { createCounters, type Counters } from "./counters.ts";
import { HISTORY_FILE, openDatabase } from "./database.ts";
import { createReader, type Reader } from "./reader.ts";
import type { EndedInvocation } from "./records.ts";
import { createWriter, type OrderComplaint } from "./writer.ts";

/** What happened to each order, over restarts: the last 10,000 orders, or 200 MB. */
export interface History extends CallLog, Reader {
  /** Takes an invocation that has ended; it is written down a moment later. */
  readonly invoked: (invocation: EndedInvocation) => void;
  /** Takes a line that a function logged; errors and warnings about an order are kept. */
  readonly logged: (functionName: string, line: string) => void;
  /** Forgets an order, in the file too. */
  readonly forget: (orderId: string) => void;
  /** Calls, invocations and failures since the start. */
  readonly counters: Counters;
  /** Calls `listener` a moment after something happened, with the ids of the orders that it happened to. */
  readonly watch: (listener: (orderIds: ReadonlySet<string>) => void) => () => void;
  /** Resolves when everything is in the file. */
  readonly stop: () => Promise<void>;
}

/** Where the history is kept, and how much of it. */
export interface HistoryArgs {
  /** The state folder. */
  readonly state: string;
  /** Takes failures to write; what could not be written is lost. */
  readonly trouble: DiskTrouble;
  /** Default 10,000. */
  readonly mostOrders?: number;
  /** Default 200 MB. */
  readonly mostBytes?: number;
}

/** How long something may wait to be written down: what a kill -9 may lose. */
const WAIT_MS = 200;
const COMPLAINT = /"level":"(error|warn)"/;

/**
 * Opens the history. Nothing is searched or written while a call waits for it: that is done for many at a time.
 * @throws LocalCloudError where its file is damaged.
 */
export async function openHistory(args: HistoryArgs): Promise<History> {
  const { state, trouble, mostOrders = 10_000, mostBytes = 200_000_000 } = args;
  const database = openDatabase(state);
  const counters = createCounters();
  const writer = createWriter(database, { mostOrders, mostBytes });
  const reader = createReader(database);
  const listeners = new Set<(orderIds: ReadonlySet<string>) => void>();
  let calls: AnsweredCall[] = [];
  let invocations: EndedInvocation[] = [];
  let complaints: OrderComplaint[] = [];
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const batch = { calls, invocations, complaints };
    [calls, invocations, complaints] = [[], [], []];
    if (batch.calls.length + batch.invocations.length + batch.complaints.length === 0) return;
    counters.count(batch);
    try {
      const orderIds = writer.write(batch);
      for (const listener of listeners) listener(orderIds);
    } catch (error) {
      trouble(HISTORY_FILE, error);
    }
  };
  const later = (): void => {
    if (!stopped) timer ??= setTimeout(flush, WAIT_MS);
  };
  const flushed = <A extends unknown[], R>(read: (...given: A) => R) => {
    return (...given: A): R => {
      flush();
      return read(...given);
    };
  };

  return {
    counters,
    add: (call) => {
      calls.push(call);
      later();
    },
    invoked: (invocation) => {
      invocations.push(invocation);
      later();
    },
    logged: (functionName, line) => {
      const orderId = COMPLAINT.test(line.slice(0, 120)) ? orderIn(line) : undefined;
      if (orderId === undefined) return;
      complaints.push({ function: functionName, line, orderId });
      later();
    },
    list: flushed(reader.list),
    order: flushed(reader.order),
    invocations: reader.invocations,
    stale: flushed(reader.stale),
    summarize: reader.summarize,
    summaries: reader.summaries,
    recent: flushed(reader.recent),
    lastComplaint: flushed(reader.lastComplaint),
    dropped: reader.dropped,
    forget: flushed(writer.forget),
    watch: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop: async () => {
      flush();
      stopped = true;
      database.close();
    },
  };
}
