import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Consumer } from "../runtime/index.ts";
import type { FanOutTopic } from "./fan-out-topic.ts";
import { policy, type Statement } from "./permissions.ts";
import {
  DEAD_LETTER_RETENTION_SECONDS,
  maxReceiveCount,
  RETENTION_SECONDS,
  visibilityTimeoutSeconds,
  type QueueLimits,
} from "./queue-limits.ts";

/** Keeps what was set aside for as long as SQS can, longer than any queue before it. */
export const createDeadLetterQueue = (name: string, opts: pulumi.CustomResourceOptions): aws.sqs.Queue =>
  new aws.sqs.Queue(name, { messageRetentionSeconds: DEAD_LETTER_RETENTION_SECONDS, sqsManagedSseEnabled: true }, opts);

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
      messageRetentionSeconds: RETENTION_SECONDS,
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
