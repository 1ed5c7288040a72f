import { existsSync, readFileSync } from "node:fs";
import { appendFile, chmod, rename } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { parseJson } from "../shared/json.ts";

/** One call of a function: ids, names and times alone, nothing of what it carried. */
export const CallRecord = z.object({
  /** When it came. */
  at: z.iso.datetime(),
  function: z.string(),
  /** Of the invocation that made it, where the call says so. */
  requestId: z.string().optional(),
  /** `dynamodb:TransactWriteItems` */
  operation: z.string(),
  verdict: z.enum(["allowed", "denied"]),
  /** What it needed, each with the statement that decided; a denial without one is the lack of any. */
  asked: z.array(z.object({ action: z.string(), resource: z.string(), statement: z.string().optional() })),
  /** From the call to the end of its answer. */
  durationMs: z.number(),
  /** The order that it is about, where it is about one. */
  orderId: z.string().optional(),
});
export type CallRecord = z.infer<typeof CallRecord>;

/** A call as it has just been answered. */
export interface AnsweredCall extends Omit<CallRecord, "at" | "orderId"> {
  /** In ms since 1970. */
  readonly at: number;
  /** Gives its body; called later, so that nobody waits for the search in it. */
  readonly body: () => string;
  /** The HTTP status of its answer, and what gives its text, where they are known. */
  readonly status?: number;
  readonly answer?: () => string;
}

/** The calls of the functions, the newest of them. */
export interface CallLog {
  /** Takes a call; it is written down a moment later. */
  readonly add: (call: AnsweredCall) => void;
  /** The calls that are kept, oldest first; with an order's id, those about it. */
  list(orderId?: string): CallRecord[];
  /** Resolves when everything is in its file. */
  stop(): Promise<void>;
}

/** Where the calls are written to. */
export interface CallLogArgs {
  /** The state folder. */
  readonly state: string;
  /** Calls that are kept in memory. Default 10,000. */
  readonly most?: number;
  /** Bytes of a file, of which there are two: the present one and the one before. Default 4 MB. */
  readonly mostBytes?: number;
}

/** The files of the state folder. */
export const CALL_FILES = ["calls.jsonl", "calls.1.jsonl"] as const;
/** How long a call may wait to be written down. */
const WAIT_MS = 200;
/** An order's id after a name that stands for one: in an item's key, a CloudEvent, an e-mail's tag, an SMS's attribute. */
const ORDER_ID =
  /\b(?:orderId|subject|eventId)\b.{1,24}?\b([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b/g;

/** Keeps the calls of earlier runs too. Only the owner of the files may read them. */
export async function openCallLog({ state, most = 10_000, mostBytes = 4_000_000 }: CallLogArgs): Promise<CallLog> {
  const [file, former] = CALL_FILES.map((name) => join(state, name));
  if (file === undefined || former === undefined) throw new Error("there are two files");
  let kept = [former, file].flatMap(read).slice(-most);
  let size = existsSync(file) ? Buffer.byteLength(readFileSync(file)) : 0;
  let waiting: AnsweredCall[] = [];
  let timer: NodeJS.Timeout | undefined;
  let written: Promise<void> = Promise.resolve();

  const write = async (lines: string): Promise<void> => {
    const bytes = Buffer.byteLength(lines);
    if (size > 0 && size + bytes > mostBytes) {
      await rename(file, former);
      size = 0;
    }
    size += bytes;
    await appendFile(file, lines, { mode: 0o600 });
    await chmod(file, 0o600);
  };
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const records = waiting.map(recordOf);
    waiting = [];
    if (records.length === 0) return;
    kept = [...kept, ...records].slice(-most);
    const lines = records.map((record) => `${JSON.stringify(record)}\n`).join("");
    // A full disk costs the file a line, and no function its call.
    written = written.then(() => write(lines)).catch(() => undefined);
  };

  return {
    add: (call) => {
      waiting.push(call);
      timer ??= setTimeout(flush, WAIT_MS);
    },
    list: (orderId) => {
      flush();
      return orderId === undefined ? kept : kept.filter((record) => record.orderId === orderId);
    },
    stop: async () => {
      flush();
      await written;
    },
  };
}

function read(path: string): CallRecord[] {
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  return lines.flatMap((line) => CallRecord.safeParse(parseJson(line)).data ?? []);
}

function recordOf(answered: AnsweredCall): CallRecord {
  const { at, requestId, operation, verdict, asked, durationMs } = answered;
  const ids = new Set([...answered.body().matchAll(ORDER_ID)].map(([, id]) => id));
  const [orderId] = ids;
  return {
    at: new Date(at).toISOString(),
    function: answered.function,
    ...(requestId !== undefined && { requestId }),
    ...{ operation, verdict, asked, durationMs },
    ...(orderId !== undefined && ids.size === 1 && { orderId }),
  };
}
