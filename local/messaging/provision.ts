import * as z from "zod";
import type { Provision } from "../shared/services.ts";
import { account, arn } from "../shared/names.ts";
import { policyOf } from "../iam/provision.ts";
import { nameOf, PolicyText, read, unsupported } from "../shared/inputs.ts";

const Queue = z.object({
  visibilityTimeoutSeconds: z.number().default(30),
  messageRetentionSeconds: z.number().default(345_600),
  delaySeconds: z.number().default(0),
  maxMessageSize: z.number().default(262_144),
  receiveWaitTimeSeconds: z.number().default(0),
  redrivePolicy: PolicyText.optional(),
  policy: PolicyText.optional(),
  fifoQueue: z.boolean().optional(),
});
const Redrive = z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.coerce.number().int().min(1) });
const Topic = z.object({ fifoTopic: z.boolean().optional() });
const Subscription = z.object({
  topic: z.string(),
  protocol: z.string(),
  endpoint: z.string(),
  rawMessageDelivery: z.boolean().default(false),
  filterPolicy: PolicyText.optional(),
  filterPolicyScope: z.string().optional(),
  redrivePolicy: PolicyText.optional(),
});

/** An SQS queue; its attributes are brought up to date, its messages stay. */
export const queue: Provision = async (resource, { messaging, access, settings }) => {
  const inputs = read(Queue, resource);
  if (inputs.fifoQueue) throw unsupported(resource, "FIFO queues are not emulated");
  const redrive = inputs.redrivePolicy === undefined ? undefined : Redrive.parse(JSON.parse(inputs.redrivePolicy));
  const name = nameOf(resource);
  const made = (await messaging).putQueue(name, {
    VisibilityTimeout: String(inputs.visibilityTimeoutSeconds),
    MessageRetentionPeriod: String(inputs.messageRetentionSeconds),
    DelaySeconds: String(inputs.delaySeconds),
    MaximumMessageSize: String(inputs.maxMessageSize),
    ReceiveMessageWaitTimeSeconds: String(inputs.receiveWaitTimeSeconds),
    ...(redrive ? { RedrivePolicy: JSON.stringify(redrive) } : {}),
    ...(inputs.policy ? { Policy: inputs.policy } : {}),
  });
  if (inputs.policy !== undefined) access.putResourcePolicy(made.arn, policyOf(resource, "resource", inputs.policy));
  const url = `${settings.endpoint}/${account}/${name}`;
  return { id: url, outputs: { name, url, arn: made.arn, visibilityTimeoutSeconds: inputs.visibilityTimeoutSeconds } };
};

/** An SNS topic. */
export const topic: Provision = async (resource, { messaging }) => {
  const inputs = read(Topic, resource);
  if (inputs.fifoTopic) throw unsupported(resource, "FIFO topics are not emulated");
  const name = nameOf(resource);
  const made = (await messaging).putTopic(name, {});
  return { id: made.arn, outputs: { name, arn: made.arn, owner: account } };
};

const QueuePolicy = z.object({ queueUrl: z.string(), policy: PolicyText });

/** A queue's policy: whether SNS may send to it, and what roles may do with it beside what their own say. */
export const queuePolicy: Provision = async (resource, { messaging, access, settings }) => {
  const { queueUrl, policy } = read(QueuePolicy, resource);
  const queueArn = arn("sqs", settings.region, queueUrl.split("/").at(-1) ?? "");
  access.putResourcePolicy(queueArn, policyOf(resource, "resource", policy));
  (await messaging).putQueuePolicy(queueArn, policy);
  return { id: queueUrl, outputs: {} };
};

/** A subscription of a queue, with its own dead-letter queue (redrivePolicy). */
export const topicSubscription: Provision = async (resource, { messaging }) => {
  const inputs = read(Subscription, resource);
  // Nobody is written to from here: on AWS the address would first have to confirm the subscription.
  if (inputs.protocol === "email") return { id: `${inputs.topic}:email`, outputs: { pendingConfirmation: true } };
  if (inputs.protocol !== "sqs")
    throw unsupported(resource, `the protocol ${inputs.protocol} is not emulated, only sqs`);
  const subscriptionArn = (await messaging).putSubscription(inputs.topic, inputs.endpoint, {
    RawMessageDelivery: String(inputs.rawMessageDelivery),
    ...(inputs.filterPolicy ? { FilterPolicy: inputs.filterPolicy } : {}),
    ...(inputs.filterPolicyScope ? { FilterPolicyScope: inputs.filterPolicyScope } : {}),
    ...(inputs.redrivePolicy ? { RedrivePolicy: inputs.redrivePolicy } : {}),
  });
  return { id: subscriptionArn, outputs: { arn: subscriptionArn, ownerId: account, pendingConfirmation: false } };
};

/** A bucket, with the outputs that programs read. */
export const bucket: Provision = async (resource, { messaging, settings }) => {
  const name = nameOf(resource, "bucket").toLowerCase();
  (await messaging).putBucket(name);
  const host = `${name}.s3.${settings.region}.amazonaws.com`;
  const outputs = {
    bucket: name,
    arn: `arn:aws:s3:::${name}`,
    region: settings.region,
    bucketDomainName: host,
    bucketRegionalDomainName: host,
  };
  return { id: name, outputs };
};
