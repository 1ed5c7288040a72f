import * as z from "zod";

/** One call of a function, without what it carried. */
export const CallRecord = z.object({
  /** When it came. */
  at: z.iso.datetime(),
  function: z.string(),
  /** Of the invocation that made it, where the call says so. */
  requestId: z.string().optional(),
  /** `dynamodb:TransactWriteItems`, or `https:POST carrier.test/v1/shipments` for a call to the world outside. */
  operation: z.string(),
  verdict: z.enum(["allowed", "denied"]),
  /** What it needed, each with the statement that decided; a denial without one is the lack of any. */
  asked: z.array(z.object({ action: z.string(), resource: z.string(), statement: z.string().optional() })),
  /** The status of its answer, where it got one. */
  status: z.int().optional(),
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
  /** Gives its request; called later, so that nobody waits for the search in it. */
  readonly body: () => string;
  /** Gives its answer; left out where it must not be kept, or never came. */
  readonly answer?: () => string;
}

/** The calls of the functions, the newest of them. */
export interface CallLog {
  /** Takes a call; it is written down a moment later. */
  readonly add: (call: AnsweredCall) => void;
  /** The calls that are kept, the newest 10,000, oldest first; with an order's id, those about it. */
  readonly list: (orderId?: string) => CallRecord[];
}

/** An order's id after a name that stands for one: in an item's key, a CloudEvent, an e-mail's tag, an SMS's attribute. */
const ORDER_ID =
  /\b(?:orderId|subject|eventId)\b[^]{1,24}?\b([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b/g;

/** The order that a text is about; undefined where it names none, or more than one. */
export function orderIn(text: string): string | undefined {
  let found: string | undefined;
  for (const [, id] of text.matchAll(ORDER_ID)) {
    if (found !== undefined && found !== id) return undefined;
    found = id;
  }
  return found;
}
