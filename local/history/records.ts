import * as z from "zod";
import { CallRecord } from "../endpoint/call-log.ts";

/** A message as one invocation got it. */
export const Received = z.object({
  messageId: z.string(),
  /** How often it had been received by then, this time included. */
  receives: z.int(),
  orderId: z.string().optional(),
  /** The type of its event. */
  event: z.string().optional(),
  /** Whether it went back to its queue. */
  failed: z.boolean(),
});
export type Received = z.infer<typeof Received>;

/** Why a function ran. */
export const Cause = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("request"), route: z.string(), status: z.int() }),
  z.object({ kind: z.literal("batch"), queue: z.string(), messages: z.array(Received) }),
  z.object({ kind: z.literal("schedule"), name: z.string() }),
]);
export type Cause = z.infer<typeof Cause>;

/** One run of a function. */
export const InvocationRecord = z.object({
  /** When it began, in ms since 1970. */
  at: z.number(),
  durationMs: z.number(),
  function: z.string(),
  requestId: z.string(),
  cause: Cause,
  /** What Lambda would report, where the function failed as a whole. */
  error: z.string().optional(),
});
export type InvocationRecord = z.infer<typeof InvocationRecord>;

/** A message of a batch that has just been answered. */
export interface AnsweredMessage extends Omit<Received, "orderId" | "event"> {
  /** Searched later. */
  readonly body: string;
}

/** An invocation as it has just ended. */
export interface EndedInvocation extends Omit<InvocationRecord, "cause"> {
  readonly cause:
    | (Extract<Cause, { kind: "request" }> & {
        /** Gives what was sent and answered; called later. */
        readonly request: () => string;
        readonly answer: () => string;
      })
    | (Omit<Extract<Cause, { kind: "batch" }>, "messages"> & { readonly messages: readonly AnsweredMessage[] })
    | Extract<Cause, { kind: "schedule" }>;
}

/** Whether it failed as a whole, or gave messages back to their queue. */
export const hasFailed = ({ cause, error }: EndedInvocation): boolean =>
  error !== undefined || (cause.kind === "batch" && cause.messages.some((message) => message.failed));

const Text = z.string().nullable();

/** A call with what it carried; null where that is not kept. */
export const StoredCall = CallRecord.extend({ request: Text, answer: Text });
export type StoredCall = z.infer<typeof StoredCall>;

/** An invocation with what it carried. */
export const StoredInvocation = InvocationRecord.extend({ request: Text, answer: Text });
export type StoredInvocation = z.infer<typeof StoredInvocation>;

/** A line that a function logged as an error or a warning. */
export interface Complaint {
  readonly function: string;
  readonly line: string;
}
