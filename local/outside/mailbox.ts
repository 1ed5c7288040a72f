import { randomUUID } from "node:crypto";
import { join } from "node:path";
import * as z from "zod";
import { openJournal } from "./journal.ts";

const Captured = z.object({
  channel: z.enum(["email", "sms"]),
  to: z.string(),
  subject: z.string(),
  text: z.string(),
  orderId: z.string(),
  at: z.string(),
  /** The invocation that sent it; a person's has none. */
  requestId: z.string().optional(),
});
/** A message that would have left for a customer. */
export type Captured = z.infer<typeof Captured>;

/** The captured e-mails and SMS. */
export interface Mailbox {
  list(): readonly Captured[];
  /** Keeps a message, with the time. */
  capture(message: Omit<Captured, "at">): void;
  /** Forgets the messages about an order; gives their number. */
  forget(orderId: string): number;
  /** SNS Publish with a PhoneNumber; gives the message id. */
  sendSms(parameters: URLSearchParams, requestId?: string): string;
}

/** Keeps the captured messages in the state folder. */
export function openMailbox(state: string): Mailbox {
  const journal = openJournal(join(state, "mailbox.jsonl"), Captured);
  const capture = (message: Omit<Captured, "at">) => journal.append({ ...message, at: new Date().toISOString() });
  return {
    list: () => journal.entries,
    capture,
    forget: (orderId) => journal.remove((message) => message.orderId === orderId),
    sendSms: (parameters, requestId) => {
      capture({
        channel: "sms",
        to: parameters.get("PhoneNumber") ?? "",
        subject: "",
        text: parameters.get("Message") ?? "",
        orderId: attributeOf(parameters, "orderId"),
        requestId,
      });
      return randomUUID();
    },
  };
}

/** A message attribute of the SNS query protocol: `MessageAttributes.entry.N.Name` and `...Value.StringValue`. */
function attributeOf(parameters: URLSearchParams, name: string): string {
  const key = [...parameters.keys()].find(
    (one) => /^MessageAttributes\.entry\.\d+\.Name$/.test(one) && parameters.get(one) === name,
  );
  return (key && parameters.get(key.replace(/Name$/, "Value.StringValue"))) ?? "";
}
