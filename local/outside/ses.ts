import { randomUUID } from "node:crypto";
import * as z from "zod";
import { parseJson } from "../shared/json.ts";
import { arn } from "../shared/names.ts";
import type { Mailbox } from "./mailbox.ts";

/** The account's limits in SES. None is set at the start, so that the first order works. */
export const SesSettings = z.strictObject({
  /** Recipients a second; `--speed` shortens the second. */
  ratePerSecond: z.int().min(1).optional(),
  /** Recipients in 24 hours, which `--speed` shortens. */
  dailyQuota: z.int().min(0).optional(),
  /** Whether recipients must be verified too. Default false. */
  sandbox: z.boolean().optional(),
  /** The verified identities, addresses and domains. Left out, every sender is verified. */
  verified: z.array(z.string()).optional(),
  /** The default configuration set of the senders' identities. */
  configurationSet: z.string().optional(),
});
export type SesSettings = z.infer<typeof SesSettings>;

/** What SES answers. */
export interface SesAnswer {
  readonly status: number;
  readonly errorType?: string;
  readonly body: object;
}

/** SES v2, as far as it is played. */
export interface Ses {
  settings(): SesSettings;
  /** Replaces all settings. What was sent before counts no longer: a new day begins. */
  readonly set: (settings: SesSettings) => void;
  /** The ARNs of what a SendEmail of a function needs to be allowed: its input is the request's body. */
  readonly resourcesOf: (input: unknown) => string[];
  sendEmail(body: string, requestId?: string): SesAnswer;
}

/** What SES is played with. */
export interface SesArgs {
  readonly mailbox: Pick<Mailbox, "capture">;
  readonly region: string;
  readonly speed: number;
  /** The time in ms, from any point on. */
  readonly now?: () => number;
}

/** Without a character set the text is 7-bit ASCII: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Content.html */
const Content = z
  .object({ Data: z.string(), Charset: z.string().optional() })
  .transform(({ Data, Charset }) => (Charset === undefined ? Data.replace(/[^\p{ASCII}]/gu, "?") : Data));

/** https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html */
const SendEmail = z.object({
  FromEmailAddress: z.string(),
  Destination: z.object({ ToAddresses: z.array(z.string()).min(1) }),
  Content: z.object({
    Simple: z.object({
      Subject: Content,
      Body: z.object({ Text: Content.optional(), Html: Content.optional() }),
    }),
  }),
  ConfigurationSetName: z.string().optional(),
  EmailTags: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
});

const refusal = (status: number, errorType: string, message: string): SesAnswer => ({
  status,
  errorType,
  body: { message },
});

/** Plays SES: what it takes is in the mailbox. */
export function createSes({ mailbox, region, speed, now = () => performance.now() }: SesArgs): Ses {
  let settings: SesSettings = {};
  /** When each recipient of the day was sent to. */
  let sent: number[] = [];

  return {
    settings: () => settings,
    set: (next) => {
      settings = next;
      sent = [];
    },
    resourcesOf: (input) => {
      const { data } = SendEmail.safeParse(input);
      return data === undefined ? [] : needed(data);
    },
    sendEmail: (body, requestId) => {
      const parsed = SendEmail.safeParse(parseJson(body));
      if (!parsed.success) return refusal(400, "BadRequestException", z.prettifyError(parsed.error));
      const { FromEmailAddress, Destination, Content, EmailTags } = parsed.data;
      const recipients = Destination.ToAddresses;
      const refused = unverified(FromEmailAddress, recipients) ?? bounced(recipients) ?? limited(recipients.length);
      if (refused) return refused;
      mailbox.capture({
        channel: "email",
        to: recipients.join(", "),
        subject: Content.Simple.Subject,
        text: Content.Simple.Body.Text ?? Content.Simple.Body.Html ?? "",
        orderId: EmailTags.find((tag) => tag.Name === "orderId")?.Value ?? "",
        requestId,
      });
      return { status: 200, body: { MessageId: randomUUID() } };
    },
  };

  /**
   * The identity, and the configuration set that is named or is the identity's default; in the sandbox the recipients'
   * identities too. While every sender is verified, an address is its own identity.
   * https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html
   */
  function needed({ FromEmailAddress, Destination, ConfigurationSetName }: z.output<typeof SendEmail>): string[] {
    const { sandbox = false, verified, configurationSet } = settings;
    const sender = verified ? identityOf(FromEmailAddress) : FromEmailAddress;
    const recipients = sandbox ? Destination.ToAddresses.map(identityOf) : [];
    const identities = [sender, ...recipients].filter((identity) => identity !== undefined);
    const set = ConfigurationSetName ?? configurationSet;
    return [
      ...identities.map((identity) => `identity/${identity}`),
      ...(set === undefined ? [] : [`configuration-set/${set}`]),
    ].map((resource) => arn("ses", region, resource));
  }

  function unverified(from: string, recipients: readonly string[]): SesAnswer | undefined {
    const { sandbox = false, verified } = settings;
    const wanted = [...(verified ? [from] : []), ...(sandbox ? recipients : [])];
    const failed = wanted.filter((address) => identityOf(address) === undefined);
    if (failed.length === 0) return undefined;
    const message = `Email address is not verified. The following identities failed the check in region ${region.toUpperCase()}: ${failed.join(", ")}`;
    return refusal(400, "MessageRejected", message);
  }

  /** The verified identity behind an address, the most specific: itself, its domain, or a domain above that one. */
  function identityOf(address: string): string | undefined {
    const labels = address.slice(address.lastIndexOf("@") + 1).split(".");
    const candidates = [address, ...labels.map((_, index) => labels.slice(index).join("."))];
    return candidates.find((candidate) => settings.verified?.includes(candidate));
  }

  /** https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html */
  function limited(recipients: number): SesAnswer | undefined {
    if (settings.ratePerSecond === undefined && settings.dailyQuota === undefined) return undefined;
    const { ratePerSecond = Infinity, dailyQuota = Infinity } = settings;
    const at = now();
    sent = sent.filter((time) => time > at - 86_400_000 / speed);
    const lately = sent.filter((time) => time > at - 1_000 / speed);
    if (sent.length >= dailyQuota) return refusal(429, "TooManyRequestsException", "Daily message quota exceeded.");
    if (lately.length >= ratePerSecond)
      return refusal(429, "TooManyRequestsException", "Maximum sending rate exceeded.");
    for (let count = 0; count < recipients; count++) sent.push(at);
    return undefined;
  }
}

/** An address that begins with `bounce` is refused for good. */
function bounced(recipients: readonly string[]): SesAnswer | undefined {
  const found = recipients.find((address) => /^(.*<)?bounce/i.test(address));
  return found === undefined ? undefined : refusal(400, "MessageRejected", `Address is refused: ${found}`);
}
