import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Need, Uncarried } from "../runtime/define/types.ts";
import type { Consumer } from "../runtime/index.ts";
import { createDeadLetterQueue, createQueue, createQueuePolicy, pollStatement } from "./consumer-queue.ts";
import { createEmailReports } from "./email-reports.ts";
import type { FanOutTopic } from "./fan-out-topic.ts";
import { HandlerFunction, type FunctionVpc } from "./handler-function.ts";
import { sendsSms } from "./permissions.ts";
import { visibilityTimeoutSeconds, type QueueLimits } from "./queue-limits.ts";
import { createSecrets, type Secret } from "./secrets.ts";
import { toRecord, type Unoffered } from "./resources.ts";

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
  /** Where its functions run inside a VPC. Default outside of any. */
  vpc?: FunctionVpc | undefined;
  /** Whether what the consumer brings along is protected from deletion. */
  production: boolean;
}

/** One process of the system: its queue and dead-letter queue, its subscription, its function, and their mapping. */
export class QueueConsumer<N extends Need, T extends string, R extends object> extends pulumi.ComponentResource {
  readonly name: string;
  readonly batchWindowSeconds: number;
  readonly visibilityTimeoutSeconds: number;
  /** The SES configuration set of its e-mails; none where it sends none. */
  readonly configurationSet: string | undefined;
  /** Whether it sends SMS: its handler can, and its settings say `sms: true`. */
  readonly sendsSms: boolean;
  /** The secrets that its settings name. */
  readonly secrets: readonly Secret[];
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
    // So that taking the entry out of the config, or renaming it, cannot delete messages.
    const kept = { ...parent, protect: args.production };
    this.deadLetterQueue = createDeadLetterQueue(`${name}-dead-letters`, kept);
    const receives = {
      visibilityTimeoutSeconds: this.visibilityTimeoutSeconds,
      survivesOutageMinutes: args.survivesOutageMinutes,
    };
    this.queue = createQueue(`${name}-queue`, this.deadLetterQueue, receives, kept);
    const policies = [
      createQueuePolicy(`${name}-queue`, this.queue, args.topic, parent),
      createQueuePolicy(`${name}-dead-letters`, this.deadLetterQueue, args.topic, parent),
    ];
    const reports = createEmailReports(name, args.handler, args.settings, parent);
    this.configurationSet = reports?.configurationSet;
    const secrets = createSecrets(name, args.handler, args.settings, kept);
    this.secrets = Object.values(secrets);
    this.handlerFunction = new HandlerFunction(
      name,
      {
        wrapper: "consume",
        handler: args.handler,
        resources: {
          ...toRecord(args.resources),
          ...ownedTables(name, args.handler, args.production, parent),
          ...Object.fromEntries(Object.entries(secrets).map(([use, { parameter }]) => [use, parameter])),
        },
        topic: args.topic,
        timeoutSeconds: args.timeoutSeconds,
        memoryMb: args.memoryMb,
        reservedConcurrency: args.reservedConcurrency,
        logRetentionDays: args.logRetentionDays,
        vpc: args.vpc,
        settings: reports?.settings ?? args.settings,
        handlerName: name,
        statements: [pollStatement(this.queue)],
      },
      { parent: this, dependsOn: reports ? [reports.destination] : [] },
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
  { batchSize, batchWindowSeconds, maxConcurrency, provisioned }: QueueLimits,
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
      ...(provisioned
        ? { provisionedPollerConfig: { minimumPollers: provisioned.min, maximumPollers: provisioned.max } }
        : { scalingConfig: { maximumConcurrency: maxConcurrency } }),
    },
    opts,
  );
}

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
