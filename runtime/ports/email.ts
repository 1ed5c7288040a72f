import { SendEmailCommand } from "@aws-sdk/client-sesv2";
import { sesClient } from "./clients.ts";
import type { Outcome } from "../../contracts/ledger.ts";
import type { Opening, Scope } from "./port.ts";

export interface Email {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** Ids for the delivery logs, such as the order; nothing personal. */
  readonly tags: Readonly<Record<string, string>>;
}

/** E-mail's method. */
export interface EmailPort {
  /** Sends one e-mail. A final refusal by SES is an outcome; every other failure is thrown. */
  send(email: Email): Promise<Outcome>;
}

/**
 * Whether SES refuses the message for good (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html).
 * It says the same of an identity that is not verified, which is ours to mend: then the message waits.
 */
const isRefusal = (error: unknown): error is Error =>
  error instanceof Error &&
  (error.name === "MessageRejected" || error.name === "BadRequestException") &&
  !/not verified/i.test(error.message);

export function open({ settings: { from }, calls }: Opening) {
  const client = sesClient(calls);
  return ({ signal: abortSignal }: Scope): EmailPort => ({
    async send({ to, subject, text, tags }) {
      if (typeof from !== "string") return { outcome: "not-sent", reason: "no sender is configured" };
      try {
        await client.send(
          new SendEmailCommand({
            FromEmailAddress: from,
            Destination: { ToAddresses: [to] },
            Content: { Simple: { Subject: { Data: subject }, Body: { Text: { Data: text } } } },
            EmailTags: Object.entries(tags).map(([Name, Value]) => ({ Name, Value })),
          }),
          { abortSignal },
        );
        return { outcome: "sent" };
      } catch (error) {
        if (isRefusal(error)) return { outcome: "refused", reason: error.name };
        throw error;
      }
    },
  });
}
