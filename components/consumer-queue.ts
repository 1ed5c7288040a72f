import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { FanOutTopic } from "./fan-out-topic.ts";
import { denyWithoutTls, policy, type Statement } from "./permissions.ts";
import { DEAD_LETTER_RETENTION_SECONDS, maxReceiveCount, RETENTION_SECONDS } from "./queue-limits.ts";

/** Keeps what was set aside for as long as SQS can, longer than any queue before it. */
export const createDeadLetterQueue = (name: string, opts: pulumi.CustomResourceOptions): aws.sqs.Queue =>
  new aws.sqs.Queue(name, { messageRetentionSeconds: DEAD_LETTER_RETENTION_SECONDS, sqsManagedSseEnabled: true }, opts);

/** How long a received message is invisible, and the outage that it must outlast. */
interface Receives {
  readonly visibilityTimeoutSeconds: number;
  readonly survivesOutageMinutes: number;
}

/** The queue, whose maxReceiveCount follows from the outage that its consumer must survive. */
export function createQueue(
  name: string,
  deadLetterQueue: aws.sqs.Queue,
  { visibilityTimeoutSeconds, survivesOutageMinutes }: Receives,
  opts: pulumi.CustomResourceOptions,
): aws.sqs.Queue {
  return new aws.sqs.Queue(
    name,
    {
      messageRetentionSeconds: RETENTION_SECONDS,
      sqsManagedSseEnabled: true,
      visibilityTimeoutSeconds,
      redrivePolicy: pulumi.jsonStringify({
        deadLetterTargetArn: deadLetterQueue.arn,
        maxReceiveCount: maxReceiveCount(survivesOutageMinutes, visibilityTimeoutSeconds),
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
    denyWithoutTls("sqs:*", queue.arn),
  ];
  return new aws.sqs.QueuePolicy(`${name}-policy`, { queueUrl: queue.url, policy: policy(statements) }, opts);
}

export const pollStatement = ({ arn }: aws.sqs.Queue): Statement => ({
  Effect: "Allow",
  Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
  Resource: arn,
});
