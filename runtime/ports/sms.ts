import { PublishCommand } from "@aws-sdk/client-sns";
import { countriesOfPhone } from "../../contracts/countries.ts";
import { untilAdmitted } from "./backoff.ts";
import { smsClient } from "./clients.ts";
import type { Outcome } from "../../contracts/ledger.ts";
import type { Opening, Scope } from "./port.ts";

export interface Sms {
  /** An E.164 number. */
  readonly to: string;
  readonly text: string;
  /** Ids for the delivery logs, such as the order; nothing personal. */
  readonly tags: Readonly<Record<string, string>>;
}

/** SMS's method. */
export interface SmsPort {
  /**
   * Sends one SMS, if it goes to one of the `smsCountries`, when SNS's rate admits it. A final refusal of the number by
   * SNS is an outcome; every other failure is thrown.
   */
  send(sms: Sms): Promise<Outcome>;
}

/** https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors */
const FINAL = new Set(["InvalidParameterException", "InvalidParameterValueException", "OptedOutException"]);

export function open({ settings: { sms, smsCountries }, calls }: Opening) {
  const countries: unknown[] = Array.isArray(smsCountries) ? smsCountries : [];
  const client = smsClient(calls);
  return ({ signal: abortSignal }: Scope): SmsPort => ({
    async send({ to, text, tags }) {
      if (sms !== true) return { outcome: "not-sent", reason: "SMS is off in this stack" };
      if (!countriesOfPhone(to).some((country) => countries.includes(country)))
        return { outcome: "not-sent", reason: "no SMS is sent to this country" };
      try {
        const command = new PublishCommand({
          PhoneNumber: to,
          Message: text,
          MessageAttributes: {
            "AWS.SNS.SMS.SMSType": { DataType: "String", StringValue: "Transactional" },
            ...Object.fromEntries(
              Object.entries(tags).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]),
            ),
          },
        });
        await untilAdmitted(() => client.send(command, { abortSignal }), abortSignal);
        return { outcome: "sent" };
      } catch (error) {
        if (error instanceof Error && FINAL.has(error.name)) return { outcome: "refused", reason: error.name };
        throw error;
      }
    },
  });
}
