import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { ResourceNeed } from "../runtime/define/types.ts";
import type { Scheduled } from "../runtime/index.ts";
import { createAnalyticsCatalog } from "./analytics-catalog.ts";
import type { FanOutTopic } from "./fan-out-topic.ts";
import { ORDERS_TTL, ordersOutboxKey } from "../contracts/orders-table.ts";
import { OUTBOX_INDEX } from "../contracts/outbox.ts";
import { HandlerFunction, type FunctionVpc } from "./handler-function.ts";
import { assumedBy, denyWithoutTls, policy } from "./permissions.ts";
import type { EffectLedger, Outbox } from "./resources.ts";

export interface OrderStoreArgs {
  topic: FanOutTopic<string>;
  /** The handler that publishes what its writer could not: runs each minute. */
  relay: Scheduled<ResourceNeed<"orders", "table">>;
  /** Whether the data is protected from deletion. */
  production: boolean;
  /** Days that logs are kept. */
  logRetentionDays: number;
  /** Where its functions run inside a VPC. Default outside of any. */
  vpc?: FunctionVpc | undefined;
}

/** The system's data: the tables, the bucket of the analytics, and the relay of the orders' outbox. */
export class OrderStore extends pulumi.ComponentResource {
  /** Key `orderId` + `entry`: see `contracts/orders-table.ts`. */
  readonly orders: aws.dynamodb.Table;
  /** The outbox, which is a part of the orders table. */
  readonly outbox: Outbox;
  /** Key `sku`: the catalogue, with prices in minor units and the stock on hand. */
  readonly stock: aws.dynamodb.Table;
  /** Key `eventId` + `effect`: the ledger of effects outside, `effect` being `<consumer>#<effect>`. */
  readonly effects: EffectLedger;
  /** The events, as newline-delimited JSON by day. */
  readonly lake: aws.s3.Bucket;
  readonly names: Record<"orders" | "stock" | "effects", pulumi.Output<string>>;
  /** Publishes what a writer could not. */
  readonly relay: HandlerFunction;

  constructor(name: string, args: OrderStoreArgs, opts?: pulumi.ComponentResourceOptions) {
    super("order-fanout:orders:OrderStore", name, {}, opts);

    this.orders = createTable(
      `${name}-table`,
      { hashKey: "orderId", rangeKey: "entry", outbox: true, ttl: ORDERS_TTL },
      args,
      this,
    );
    this.outbox = { outbox: this.orders, key: ordersOutboxKey };
    this.stock = createTable(`${name}-stock`, { hashKey: "sku" }, args, this);
    this.effects = {
      ledger: createTable(`${name}-effects`, { hashKey: "eventId", rangeKey: "effect", ttl: "expiresAt" }, args, this),
    };
    this.lake = createLake(`${name}-lake`, args, this);
    createAnalyticsCatalog(`${name}-analytics`, this.lake, this);
    this.relay = createRelay(`${name}-relay`, this.orders, args, this);

    this.names = { orders: this.orders.name, stock: this.stock.name, effects: this.effects.ledger.name };
    this.registerOutputs({ ...this.names, lake: this.lake.id });
  }
}

interface Shape {
  hashKey: string;
  rangeKey?: string;
  /** Whether it has the sparse, sharded index of unpublished events. */
  outbox?: boolean;
  /** The attribute with the time, in seconds since 1970, after which an item is deleted. */
  ttl?: string;
}

function createTable(
  name: string,
  { hashKey, rangeKey, outbox, ttl }: Shape,
  { production }: OrderStoreArgs,
  parent: pulumi.Resource,
): aws.dynamodb.Table {
  const keys = [hashKey, ...(rangeKey ? [rangeKey] : []), ...(outbox ? ["outboxShard", "outboxSince"] : [])];
  return new aws.dynamodb.Table(
    name,
    {
      billingMode: "PAY_PER_REQUEST",
      hashKey,
      ...(rangeKey !== undefined && { rangeKey }),
      attributes: keys.map((key) => ({ name: key, type: "S" })),
      ...(outbox && {
        globalSecondaryIndexes: [
          { name: OUTBOX_INDEX, hashKey: "outboxShard", rangeKey: "outboxSince", projectionType: "KEYS_ONLY" },
        ],
      }),
      ...(ttl !== undefined && { ttl: { attributeName: ttl, enabled: true } }),
      pointInTimeRecovery: { enabled: true },
      serverSideEncryption: { enabled: true },
      deletionProtectionEnabled: production,
    },
    { parent, protect: production },
  );
}

function createLake(name: string, { production }: OrderStoreArgs, parent: pulumi.Resource): aws.s3.Bucket {
  const bucket = new aws.s3.Bucket(name, { forceDestroy: !production }, { parent, protect: production });
  const opts = { parent };
  const blocked = new aws.s3.BucketPublicAccessBlock(
    `${name}-access`,
    {
      bucket: bucket.id,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    opts,
  );
  new aws.s3.BucketPolicy(
    `${name}-policy`,
    {
      bucket: bucket.id,
      policy: policy([denyWithoutTls("s3:*", pulumi.all([bucket.arn, pulumi.interpolate`${bucket.arn}/*`]))]),
    },
    // Two changes of a bucket's access at the same time are refused by S3.
    { parent, dependsOn: [blocked] },
  );
  new aws.s3.BucketLifecycleConfiguration(
    `${name}-lifecycle`,
    {
      bucket: bucket.id,
      rules: [
        {
          id: "cheaper-after-90-days",
          status: "Enabled",
          filter: { prefix: "" },
          transitions: [{ days: 90, storageClass: "STANDARD_IA" }],
          abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
        },
      ],
    },
    opts,
  );
  return bucket;
}

/** The relay runs each minute, by a role of its own. */
function createRelay(
  name: string,
  orders: aws.dynamodb.Table,
  args: OrderStoreArgs,
  parent: pulumi.Resource,
): HandlerFunction {
  const relay = new HandlerFunction(
    name,
    {
      wrapper: "runScheduled",
      handler: args.relay,
      resources: { orders },
      topic: args.topic,
      timeoutSeconds: 50,
      // Its lanes work side by side: it needs the CPU that comes with the memory.
      memoryMb: 1_024,
      logRetentionDays: args.logRetentionDays,
      vpc: args.vpc,
      handlerName: "relay",
      // Younger marks are left to their writer, which is most likely just publishing.
      environment: { RELAY_AFTER_SECONDS: "30" },
    },
    { parent },
  );
  // The next minute is its retry: Lambda's own two would add load to a service that is down.
  new aws.lambda.FunctionEventInvokeConfig(
    `${name}-no-retries`,
    {
      functionName: relay.function.name,
      qualifier: relay.alias.name,
      maximumRetryAttempts: 0,
      maximumEventAgeInSeconds: 60,
    },
    { parent },
  );
  const role = new aws.iam.Role(
    `${name}-scheduler`,
    { assumeRolePolicy: assumedBy("scheduler.amazonaws.com", relay.function.arn) },
    { parent },
  );
  const mayInvoke = new aws.iam.RolePolicy(
    `${name}-scheduler-policy`,
    {
      role: role.id,
      policy: policy([{ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: relay.alias.arn }]),
    },
    { parent },
  );
  new aws.scheduler.Schedule(
    `${name}-schedule`,
    {
      scheduleExpression: "rate(1 minute)",
      flexibleTimeWindow: { mode: "OFF" },
      target: { arn: relay.alias.arn, roleArn: role.arn, retryPolicy: { maximumRetryAttempts: 0 } },
    },
    { parent, dependsOn: [mayInvoke] },
  );
  return relay;
}
