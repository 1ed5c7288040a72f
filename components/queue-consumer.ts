import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Need, Uncarried } from "../runtime/define/types.ts";
import type { Consumer } from "../runtime/index.ts";
import type { FanOutTopic } from "./fan-out-topic.ts";
import { HandlerFunction, leaseSeconds } from "./handler-function.ts";
import { policy, sendsSms, type Statement } from "./permissions.ts";
import { toRecord, type Unoffered } from "./resources.ts";

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

export interface QueueConsumerArgs<N extends Need, T extends string, R> extends QueueLimits {
  topic: Uncarried<N, T> & FanOutTopic<T>;
  /** A definition of `consumer()`: with a module it is bundled, without one it is an inline callback. */
  handler: Consumer<N>;
  /** The resources of the program; all that the handler uses must be there, of the right kind. */
  resources: Unoffered<N, R> & R;
  /** The consumer's settings, as the handler's schema has parsed them. */
  settings?: unknown;
  /** Days that logs are kept. */
  logRetentionDays: number;
  /** Whether what the consumer brings along is protected from deletion. */
  production: boolean;
}

const DAY = 24 * 3_600;

/** One process of the system: its queue and dead-letter queue, its subscription, its function, and their mapping. */
export class QueueConsumer<N extends Need, T extends string, R extends object> extends pulumi.ComponentResource {
  readonly name: string;
  readonly batchWindowSeconds: number;
  readonly visibilityTimeoutSeconds: number;
  /** Whether it sends SMS: its handler can, and its settings say `sms: true`. */
  readonly sendsSms: boolean;
  readonly queue: aws.sqs.Queue;
  readonly deadLetterQueue: aws.sqs.Queue;
  readonly handlerFunction: HandlerFunction;
  /** Where commands find the consumer's parts. */
  readonly outputs: Record<"queueUrl" | "deadLetterQueueUrl" | "functionName" | "logGroup", pulumi.Output<string>>;

  constructor(name: string, args: QueueConsumerArgs<N, T, R>, opts?: pulumi.ComponentResourceOptions) {
    super("order-fanout:orders:QueueConsumer", name, {}, opts);
    const parent = { parent: this };

    this.name = name;
    this.batchWindowSeconds = args.batchWindowSeconds;
    this.visibilityTimeoutSeconds = visibilityTimeoutSeconds(args, args.handler);
    this.sendsSms = sendsSms(args.handler, args.settings);
    this.deadLetterQueue = new aws.sqs.Queue(
      `${name}-dead-letters`,
      { messageRetentionSeconds: 14 * DAY, sqsManagedSseEnabled: true },
      parent,
    );
    this.queue = createQueue(`${name}-queue`, this.deadLetterQueue, args, parent);
    const policies = [
      queuePolicy(`${name}-queue`, this.queue, args.topic, parent),
      queuePolicy(`${name}-dead-letters`, this.deadLetterQueue, args.topic, parent),
    ];
    this.handlerFunction = new HandlerFunction(
      name,
      {
        wrapper: "consume",
        handler: args.handler,
        resources: { ...toRecord(args.resources), ...ownedTables(name, args.handler, args.production, parent) },
        topic: args.topic,
        timeoutSeconds: args.timeoutSeconds,
        memoryMb: args.memoryMb,
        logRetentionDays: args.logRetentionDays,
        settings: args.settings,
        handlerName: name,
        statements: [pollStatement(this.queue)],
      },
      parent,
    );
    // After the function: its new code must be there before its filter lets new events through.
    createSubscription(`${name}-subscription`, this.queue, this.deadLetterQueue, args, {
      parent: this,
      dependsOn: [...policies, this.handlerFunction.alias],
    });
    createMapping(`${name}-mapping`, this.queue, this.handlerFunction.alias, args, {
      parent: this,
      dependsOn: [this.handlerFunction.rolePolicy],
    });

    this.outputs = {
      queueUrl: this.queue.url,
      deadLetterQueueUrl: this.deadLetterQueue.url,
      ...this.handlerFunction.outputs,
    };
    this.registerOutputs(this.outputs);
  }
}

/** The queue, whose visibility timeout and maxReceiveCount follow from the consumer's limits. */
function createQueue(
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

/** The subscription, whose filter lets the events of the handler's `on` through. */
function createSubscription(
  name: string,
  queue: aws.sqs.Queue,
  deadLetterQueue: aws.sqs.Queue,
  { topic, handler }: { topic: FanOutTopic<string>; handler: Pick<Consumer, "on"> },
  opts: pulumi.CustomResourceOptions,
): void {
  new aws.sns.TopicSubscription(
    name,
    {
      topic: topic.arn,
      protocol: "sqs",
      endpoint: queue.arn,
      rawMessageDelivery: true,
      filterPolicy: JSON.stringify({ type: handler.on.map(({ type }) => type) }),
      redrivePolicy: pulumi.jsonStringify({ deadLetterTargetArn: deadLetterQueue.arn }),
    },
    opts,
  );
}

/** The mapping, which polls the queue and invokes the function with batches. */
function createMapping(
  name: string,
  queue: aws.sqs.Queue,
  { arn: functionName }: aws.lambda.Alias,
  { batchSize, batchWindowSeconds, maxConcurrency }: QueueLimits,
  opts: pulumi.CustomResourceOptions,
): void {
  new aws.lambda.EventSourceMapping(
    name,
    {
      eventSourceArn: queue.arn,
      functionName,
      batchSize,
      maximumBatchingWindowInSeconds: batchWindowSeconds,
      functionResponseTypes: ["ReportBatchItemFailures"],
      scalingConfig: { maximumConcurrency: maxConcurrency },
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
function queuePolicy(
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

const pollStatement = ({ arn }: aws.sqs.Queue): Statement => ({
  Effect: "Allow",
  Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
  Resource: arn,
});

/** The tables that the handler brings along. */
function ownedTables(
  name: string,
  { uses = {} }: Consumer,
  production: boolean,
  { parent }: { parent: pulumi.Resource },
) {
  return Object.fromEntries(
    Object.entries(uses).flatMap(([use, { key }]) => {
      if (key === undefined) return [];
      const table = new aws.dynamodb.Table(
        `${name}-${use}`,
        {
          billingMode: "PAY_PER_REQUEST",
          hashKey: key,
          attributes: [{ name: key, type: "S" }],
          pointInTimeRecovery: { enabled: true },
          serverSideEncryption: { enabled: true },
          deletionProtectionEnabled: production,
        },
        { parent, protect: production },
      );
      return [[use, table]];
    }),
  );
}
