import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { METRICS_NAMESPACE, type DimensionsOf, type MetricName } from "../../contracts/metrics.ts";
import { eventSource } from "../handler-function.ts";
import type { System, WatchedApi, WatchedConsumer, WatchedFunction } from "./system.ts";

type Args = aws.cloudwatch.MetricAlarmArgs;

/** An alarm: fires when what it watches is above the threshold. */
export interface Alarm extends Required<Pick<Args, "threshold" | "evaluationPeriods">> {
  readonly name: string;
  /** What it means when it fires: a sentence. */
  readonly meaning: string;
  /** The section of `docs/operations.md` that says what to do. */
  readonly section: Section;
  /** One metric with its statistic and period, or an expression over several. */
  readonly watched: Pick<
    Args,
    "namespace" | "metricName" | "dimensions" | "statistic" | "extendedStatistic" | "period" | "metricQueries"
  >;
  readonly treatMissingData?: "breaching";
}

/** The sections of `docs/operations.md`. */
export const sections = [
  "events-wait-in-the-outbox",
  "on-hold-for-long",
  "dead-letters",
  "messages-wait",
  "messages-fail-again-and-again",
  "a-function-fails",
  "a-function-is-throttled",
  "a-function-is-near-its-timeout",
  "the-api-answers-5xx",
  "the-api-is-slow",
  "sns-cannot-deliver",
  "sms-are-not-delivered",
  "e-mails-bounce",
  "e-mails-are-complained-about",
] as const;
export type Section = (typeof sections)[number];

type Dimensions = Readonly<Record<string, pulumi.Input<string>>>;
const FIVE_MINUTES = 300;

const sum = (namespace: string, metricName: string, dimensions: Dimensions, period = FIVE_MINUTES) => ({
  namespace,
  metricName,
  dimensions: { ...dimensions },
  statistic: "Sum",
  period,
});
const maximum = (namespace: string, metricName: string, dimensions: Dimensions, period = FIVE_MINUTES) => ({
  ...sum(namespace, metricName, dimensions, period),
  statistic: "Maximum",
});

/** One of our own metrics, in an expression. */
const own = <M extends MetricName>(id: string, metricName: M, dimensions: DimensionsOf<M>, period: number) => ({
  id,
  metric: { namespace: METRICS_NAMESPACE, metricName, dimensions: { ...dimensions }, stat: "Sum", period },
});

/** Of the outbox, of the topic, and of what consumers send to people. */
export function alarmsOfStack({ topic, consumers }: System): Alarm[] {
  return [
    {
      name: "outbox-alarm",
      meaning: "Committed events have waited for their publication for over 3 minutes, or the relay does not report.",
      section: "events-wait-in-the-outbox",
      watched: maximum(METRICS_NAMESPACE, "OldestUnpublishedSeconds", { source: eventSource() }, 60),
      threshold: 180,
      evaluationPeriods: 3,
      // The relay reports each minute: silence is a failure of its own.
      treatMissingData: "breaching",
    },
    {
      name: `${topic.name}-failed`,
      meaning: "SNS could not deliver an event to a queue.",
      section: "sns-cannot-deliver",
      watched: sum("AWS/SNS", "NumberOfNotificationsFailed", { TopicName: topic.topic.name }),
      threshold: 0,
      evaluationPeriods: 1,
    },
    // SMS go to numbers, not to a topic: the account's, whoever sent them.
    ...(consumers.some(({ sendsSms }) => sendsSms)
      ? [
          {
            name: "sms-failed",
            meaning: "SMS were not delivered (of this account, whoever sent them).",
            section: "sms-are-not-delivered" as const,
            watched: sum("AWS/SNS", "NumberOfNotificationsFailed", { PhoneNumber: "PhoneNumberDirect" }),
            threshold: 0,
            evaluationPeriods: 1,
          },
        ]
      : []),
  ];
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html */
export function alarmsOfApi({ name, apiId: ApiId, timeoutSeconds }: WatchedApi): Alarm[] {
  return [
    {
      name: `${name}-5xx`,
      meaning: "More than 1% of the API's answers were 5xx for 10 minutes.",
      section: "the-api-answers-5xx",
      watched: { ...sum("AWS/ApiGateway", "5xx", { ApiId }), statistic: "Average" },
      threshold: 0.01,
      evaluationPeriods: 2,
    },
    {
      name: `${name}-slow`,
      meaning: "The API's p99 was over half of its functions' timeout for 15 minutes.",
      section: "the-api-is-slow",
      watched: {
        namespace: "AWS/ApiGateway",
        metricName: "Latency",
        dimensions: { ApiId },
        extendedStatistic: "p99",
        period: FIVE_MINUTES,
      },
      threshold: (timeoutSeconds * 1_000) / 2,
      evaluationPeriods: 3,
    },
  ];
}

/**
 * SQS leaves a message out of the age of the oldest one after its third receive
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html), so
 * what fails again and again is found by our own counts.
 */
export function alarmsOfConsumer(consumer: WatchedConsumer): Alarm[] {
  const { name, queue, deadLetterQueue, visibilityTimeoutSeconds, batchWindowSeconds } = consumer;
  const dimensions = { source: eventSource(), consumer: name };
  // A message that fails comes back after each visibility timeout: one in each of three is on its way to the dead letters.
  const period = Math.ceil(visibilityTimeoutSeconds / 60) * 60;
  return [
    {
      name: `${name}-dead-letters`,
      meaning: `Messages of ${name} were set aside.`,
      section: "dead-letters",
      watched: maximum("AWS/SQS", "ApproximateNumberOfMessagesVisible", { QueueName: deadLetterQueue.name }, 60),
      threshold: 0,
      evaluationPeriods: 1,
    },
    {
      name: `${name}-age`,
      meaning: `Messages wait for ${name} for longer than two attempts take.`,
      section: "messages-wait",
      watched: maximum("AWS/SQS", "ApproximateAgeOfOldestMessage", { QueueName: queue.name }, 60),
      threshold: 2 * visibilityTimeoutSeconds + batchWindowSeconds,
      evaluationPeriods: 3,
    },
    {
      name: `${name}-retries`,
      meaning: `Messages of ${name} have failed in three attempts' time in a row.`,
      section: "messages-fail-again-and-again",
      watched: {
        metricQueries: [
          own("received", "Received", dimensions, period),
          own("succeeded", "Succeeded", dimensions, period),
          { id: "failed", expression: "received - FILL(succeeded, 0)", label: "Failed", returnData: true },
        ],
      },
      threshold: 0,
      evaluationPeriods: 3,
    },
    ...alarmsOfEmails(consumer),
  ];
}

/**
 * The shares of bounces and complaints at which SES puts an account under review
 * (https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html).
 */
const REVIEWED = { Bounce: 0.05, Complaint: 0.001 };

function alarmsOfEmails({ name, configurationSet }: WatchedConsumer): Alarm[] {
  if (configurationSet === undefined) return [];
  const day = 86_400;
  const count = (id: string, metricName: string) => ({
    id,
    metric: {
      namespace: "AWS/SES",
      metricName,
      dimensions: { "ses:configuration-set": configurationSet },
      stat: "Sum",
      period: day,
    },
  });
  const share = (event: "Bounce" | "Complaint") => ({
    watched: {
      metricQueries: [
        count("sent", "Send"),
        count("events", event),
        { id: "share", expression: "FILL(events, 0) / sent", label: event, returnData: true },
      ],
    },
    threshold: REVIEWED[event] / 2,
    evaluationPeriods: 1,
  });
  return [
    {
      name: `${name}-bounces`,
      meaning: `Half as many of a day's e-mails of ${name} bounced as make SES review the account.`,
      section: "e-mails-bounce",
      ...share("Bounce"),
    },
    {
      name: `${name}-complaints`,
      meaning: `Half as many of a day's e-mails of ${name} were reported as spam as make SES review the account.`,
      section: "e-mails-are-complained-about",
      ...share("Complaint"),
    },
  ];
}

/** https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html */
export function alarmsOfFunction({ name, function: lambda, timeoutSeconds }: WatchedFunction): Alarm[] {
  const FunctionName = lambda.name;
  const once = { threshold: 0, evaluationPeriods: 1 };
  return [
    {
      name: `${name}-errors`,
      meaning: `The function ${name} threw, ran into its timeout, or could not start.`,
      section: "a-function-fails",
      watched: sum("AWS/Lambda", "Errors", { FunctionName }),
      ...once,
    },
    {
      name: `${name}-throttles`,
      meaning: `The function ${name} was not run, because its concurrency or the account's was used up.`,
      section: "a-function-is-throttled",
      watched: sum("AWS/Lambda", "Throttles", { FunctionName }),
      ...once,
    },
    {
      name: `${name}-duration`,
      meaning: `The function ${name} took over 90% of its timeout of ${timeoutSeconds} s.`,
      section: "a-function-is-near-its-timeout",
      watched: maximum("AWS/Lambda", "Duration", { FunctionName }),
      threshold: timeoutSeconds * 900,
      evaluationPeriods: 1,
    },
  ];
}
