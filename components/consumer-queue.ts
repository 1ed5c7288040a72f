import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Consumer } from "../runtime/index.ts";
import type { FanOutTopic } from "./fan-out-topic.ts";
import { leaseSeconds } from "./handler-function.ts";
import { policy, type Statement } from "./permissions.ts";

/** The limits of a consumer; `config/schema.ts` says their ranges and defaults. */
export interface QueueLimits {
  /** Messages in a batch. */
  batchSize: number;
  batchWindowSeconds: number;
  /** Batches at the same time. */
  maxConcurrency: number;
  /** The function's, in seconds. */
  timeoutSeconds: number;
  /** The function's, in MB. */
  memoryMb: number;
  /** How long a service behind the consumer may be down without a dead letter, in minutes. */
  survivesOutageMinutes: number;
}

const DAY = 24 * 3_600;

/** Keeps what was set aside for as long as SQS can, longer than any queue before it. */
export const createDeadLetterQueue = (name: string, opts: pulumi.CustomResourceOptions): aws.sqs.Queue =>
  new aws.sqs.Queue(name, { messageRetentionSeconds: 14 * DAY, sqsManagedSseEnabled: true }, opts);

/** The queue, whose visibility timeout and maxReceiveCount follow from the consumer's limits. */
export function createQueue(
  name: string,
  deadLetterQueue: aws.sqs.Queue,
  { handler, ...limits }: QueueLimits & { handler: Pick<Consumer, "uses"> },
  opts: pulumi.CustomResourceOptions,
): aws.sqs.Queue {
  const visibilityTimeout = visibilityTimeoutSeconds(limits, handler);
  return new aws.sqs.Queue(
    name,
    {
      messageRetentionSeconds: 4 * DAY,
      sqsManagedSseEnabled: true,
      visibilityTimeoutSeconds: visibilityTimeout,
      redrivePolicy: pulumi.jsonStringify({
        deadLetterTargetArn: deadLetterQueue.arn,
        maxReceiveCount: maxReceiveCount(limits.survivesOutageMinutes, visibilityTimeout),
      }),
    },
    opts,
  );
}

/** SQS takes no more (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html). */
const MOST_RECEIVES = 1_000;

/**
 * Six times the function's timeout and the batch window (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html);
 * where the ledger is used, also a minute more than its lease: after a death, the message must not come again before the
 * claim has ended; and long enough for the outage to be survived with the receives that SQS allows.
 */
export function visibilityTimeoutSeconds(
  limits: Pick<QueueLimits, "timeoutSeconds" | "batchWindowSeconds" | "survivesOutageMinutes">,
  { uses = {} }: Pick<Consumer, "uses">,
): number {
  const { timeoutSeconds, batchWindowSeconds, survivesOutageMinutes } = limits;
  const usesLedger = Object.values(uses).some(({ kind }) => kind === "ledger");
  return Math.max(
    6 * timeoutSeconds + batchWindowSeconds,
    usesLedger ? leaseSeconds(timeoutSeconds) + 60 : 0,
    Math.ceil((survivesOutageMinutes * 60) / (MOST_RECEIVES - 2)),
  );
}

/** The last attempt starts (count - 1) x visibility timeout after the first: it must lie behind the outage. At least 5. */
export const maxReceiveCount = (outageMinutes: number, visibilityTimeout: number): number =>
  Math.max(5, Math.ceil((outageMinutes * 60) / visibilityTimeout) + 2);

/** Admits SNS for this topic alone, and nobody without TLS. A queue has one policy. */
export function createQueuePolicy(
  name: string,
  queue: aws.sqs.Queue,
  topic: FanOutTopic<string>,
  opts: pulumi.CustomResourceOptions,
) {
  const statements: Statement[] = [
    {
      Effect: "Allow",
      Principal: { Service: "sns.amazonaws.com" },
      Action: "sqs:SendMessage",
      Resource: queue.arn,
      Condition: { ArnEquals: { "aws:SourceArn": topic.arn } },
    },
    {
      Effect: "Deny",
      Principal: "*",
      Action: "sqs:*",
      Resource: queue.arn,
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  ];
  return new aws.sqs.QueuePolicy(`${name}-policy`, { queueUrl: queue.url, policy: policy(statements) }, opts);
}

export const pollStatement = ({ arn }: aws.sqs.Queue): Statement => ({
  Effect: "Allow",
  Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
  Resource: arn,
});
