import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import * as z from "zod";
import type { Consumer } from "../runtime/index.ts";

/** The settings of a consumer that sends e-mail, as far as they say from whom, and with which configuration set. */
const EmailSettings = z.looseObject({ from: z.string(), configurationSet: z.string().optional() });

/** How SES reports what became of a consumer's e-mails. */
export interface EmailReports {
  /** The configuration set that every e-mail names. */
  readonly configurationSet: string;
  /** The consumer's settings, which name it. */
  readonly settings: unknown;
  /** What must be there before the first e-mail. */
  readonly destination: pulumi.Resource;
}

/**
 * Makes SES count what is sent, bounces, and is complained about, in CloudWatch: by the configuration set of the consumer's
 * settings, or else by one of its own. Undefined for a consumer that sends no e-mail.
 * https://docs.aws.amazon.com/ses/latest/dg/event-publishing-add-event-destination-cloudwatch.html
 */
export function createEmailReports(
  name: string,
  { uses = {} }: Pick<Consumer, "uses">,
  given: unknown,
  opts: pulumi.CustomResourceOptions,
): EmailReports | undefined {
  const { data: settings } = EmailSettings.safeParse(given);
  if (settings === undefined || !Object.values(uses).some(({ kind }) => kind === "email")) return undefined;
  const ours = `order-fanout-${pulumi.getStack()}-${name}`;
  const configurationSet =
    settings.configurationSet === undefined
      ? new aws.sesv2.ConfigurationSet(`${name}-emails`, { configurationSetName: ours }, opts).configurationSetName
      : settings.configurationSet;
  const destination = new aws.sesv2.ConfigurationSetEventDestination(
    `${name}-email-events`,
    {
      configurationSetName: configurationSet,
      eventDestinationName: ours,
      eventDestination: {
        enabled: true,
        matchingEventTypes: ["SEND", "BOUNCE", "COMPLAINT"],
        cloudWatchDestination: {
          // SES tags each e-mail with its configuration set by itself.
          dimensionConfigurations: [
            {
              dimensionName: "ses:configuration-set",
              dimensionValueSource: "MESSAGE_TAG",
              defaultDimensionValue: "none",
            },
          ],
        },
      },
    },
    opts,
  );
  const named = settings.configurationSet ?? ours;
  return { configurationSet: named, settings: { ...settings, configurationSet: named }, destination };
}
