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

const Body = z.object({ Data: z.string() }).optional();
const SendEmail = z.object({
  Destination: z.object({ ToAddresses: z.array(z.string()).min(1) }),
  Content: z.object({
    Simple: z.object({ Subject: z.object({ Data: z.string() }), Body: z.object({ Text: Body, Html: Body }) }),
  }),
  EmailTags: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
});

/** What SES answers. */
export interface SesAnswer {
  readonly status: number;
  readonly errorType?: string;
  readonly body: object;
}

/** The captured e-mails and SMS. */
export interface Mailbox {
  list(): readonly Captured[];
  /** SES v2 SendEmail. */
  sendEmail(body: string, requestId?: string): SesAnswer;
  /** SNS Publish with a PhoneNumber; gives the message id. */
  sendSms(parameters: URLSearchParams, requestId?: string): string;
}

/** Keeps the captured messages in the state folder. */
export function openMailbox(state: string): Mailbox {
  const journal = openJournal(join(state, "mailbox.jsonl"), Captured);
  const capture = (message: Omit<Captured, "at">) => journal.append({ ...message, at: new Date().toISOString() });
  return {
    list: () => journal.entries,
    sendEmail: (body, requestId) => {
      const parsed = SendEmail.safeParse(JSON.parse(body));
      if (!parsed.success) {
        return { status: 400, errorType: "BadRequestException", body: { message: z.prettifyError(parsed.error) } };
      }
      const { Destination, Content, EmailTags } = parsed.data;
      const refused = Destination.ToAddresses.find((address) => /^(.*<)?bounce/i.test(address));
      if (refused)
        return { status: 400, errorType: "MessageRejected", body: { message: `Address is refused: ${refused}` } };
      capture({
        channel: "email",
        to: Destination.ToAddresses.join(", "),
        subject: Content.Simple.Subject.Data,
        text: Content.Simple.Body.Text?.Data ?? Content.Simple.Body.Html?.Data ?? "",
        orderId: EmailTags.find((tag) => tag.Name === "orderId")?.Value ?? "",
        requestId,
      });
      return { status: 200, body: { MessageId: randomUUID() } };
    },
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
