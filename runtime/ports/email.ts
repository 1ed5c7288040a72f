import { SendEmailCommand } from "@aws-sdk/client-sesv2";
import { untilAdmitted } from "./backoff.ts";
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
  /**
   * Sends one e-mail, when SES's sending rate admits it. A final refusal by SES is an outcome; every other failure is
   * thrown, the day's quota among them (https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html).
   */
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

/** Without it SES takes the text for 7-bit ASCII (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Content.html). */
const utf8 = (Data: string) => ({ Data, Charset: "UTF-8" });

export function open({ settings: { from, configurationSet }, calls }: Opening) {
  const client = sesClient(calls);
  return ({ signal: abortSignal }: Scope): EmailPort => ({
    async send({ to, subject, text, tags }) {
      if (typeof from !== "string") return { outcome: "not-sent", reason: "no sender is configured" };
      try {
        const command = new SendEmailCommand({
          FromEmailAddress: from,
          Destination: { ToAddresses: [to] },
          Content: { Simple: { Subject: utf8(subject), Body: { Text: utf8(text) } } },
          ...(typeof configurationSet === "string" && { ConfigurationSetName: configurationSet }),
          EmailTags: Object.entries(tags).map(([Name, Value]) => ({ Name, Value })),
        });
        await untilAdmitted(() => client.send(command, { abortSignal }), abortSignal);
        return { outcome: "sent" };
      } catch (error) {
        if (isRefusal(error)) return { outcome: "refused", reason: error.name };
        throw error;
      }
    },
  });
}
