import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { EventNeed, ResourceNeed } from "../runtime/define/types.ts";
import type { Scheduled } from "../runtime/index.ts";
import { createAnalyticsCatalog } from "./analytics-catalog.ts";
import type { FanOutTopic } from "./fan-out-topic.ts";
import { ON_HOLD_INDEX, onHoldIndexKey, ORDERS_TTL, ordersOutboxKey } from "../contracts/orders-table.ts";
import { OUTBOX_INDEX } from "../contracts/outbox.ts";
import { METRICS_NAMESPACE, type MetricName } from "../contracts/metrics.ts";
import { eventSource, type FunctionVpc, type HandlerFunction } from "./handler-function.ts";
import type { Alarm } from "./operations/alarms.ts";
import { denyWithoutTls, policy } from "./permissions.ts";
import type { EffectLedger, Outbox } from "./resources.ts";
import { scheduledFunction } from "./scheduled-function.ts";

export interface OrderStoreArgs {
  topic: FanOutTopic<string>;
  /** The handler that publishes what its writer could not: runs each minute. */
  relay: Scheduled<ResourceNeed<"orders", "table">>;
  /** The handler that cancels what has been on hold for too long: runs each hour. */
  holds: Scheduled<ResourceNeed<"orders", "table"> | ResourceNeed<"outbox", "outbox"> | EventNeed<"order.cancelled">>;
  /** Days that an order may be on hold. */
  onHoldDays: number;
  /** Whether the data is protected from deletion. */
  production: boolean;
  /** Days that logs are kept. */
  logRetentionDays: number;
  /** Where its functions run inside a VPC. Default outside of any. */
  vpc?: FunctionVpc | undefined;
}

/** The system's data: the tables, the bucket of the analytics, and what runs over the orders on a schedule. */
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
  /** Cancels what has been on hold for too long. */
  readonly holds: HandlerFunction;
  /** Comes before an order on hold cancels itself. */
  readonly onHoldAlarm: Alarm;

  constructor(name: string, args: OrderStoreArgs, opts?: pulumi.ComponentResourceOptions) {
    super("order-fanout:orders:OrderStore", name, {}, opts);

    this.orders = createTable(
      `${name}-table`,
      { hashKey: "orderId", rangeKey: "entry", indexes: ORDERS_INDEXES, ttl: ORDERS_TTL },
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
    const shared = { ...args, resources: { orders: this.orders, outbox: this.outbox } };
    this.relay = scheduledFunction(
      `${name}-relay`,
      {
        ...shared,
        handler: args.relay,
        handlerName: "relay",
        everyMinutes: 1,
        timeoutSeconds: 50,
        // Its lanes work side by side: it needs the CPU that comes with the memory.
        memoryMb: 1_024,
        // Younger marks are left to their writer, which is most likely just publishing.
        environment: { RELAY_AFTER_SECONDS: "30" },
      },
      this,
    );
    this.holds = scheduledFunction(
      `${name}-holds`,
      {
        ...shared,
        handler: args.holds,
        handlerName: "holds",
        everyMinutes: 60,
        timeoutSeconds: 300,
        memoryMb: 512,
        environment: { ON_HOLD_SECONDS: String(args.onHoldDays * 24 * 3_600) },
      },
      this,
    );

    this.onHoldAlarm = onHoldAlarm(args.onHoldDays);

    this.names = { orders: this.orders.name, stock: this.stock.name, effects: this.effects.ledger.name };
    this.registerOutputs({ ...this.names, lake: this.lake.id });
  }
}

/** Two days before an order cancels itself, or half the time where that is longer. */
function onHoldAlarm(onHoldDays: number): Alarm {
  const days = Math.max(onHoldDays - 2, onHoldDays / 2);
  return {
    name: "on-hold-alarm",
    meaning: `An order has been on hold for over ${days} days: after ${onHoldDays} it cancels itself.`,
    section: "on-hold-for-long",
    watched: {
      namespace: METRICS_NAMESPACE,
      metricName: "OldestOnHoldSeconds" satisfies MetricName,
      dimensions: { source: eventSource() },
      statistic: "Maximum",
      period: 3_600,
    },
    threshold: days * 24 * 3_600,
    evaluationPeriods: 1,
  };
}

/** Of the events that are not published yet, sharded; and of the orders that are on hold. */
const ORDERS_INDEXES = {
  [OUTBOX_INDEX]: { hashKey: "outboxShard", rangeKey: "outboxSince" },
  [ON_HOLD_INDEX]: onHoldIndexKey,
};

interface Shape {
  hashKey: string;
  rangeKey?: string;
  /** Its sparse indexes, by name, of the keys alone. */
  indexes?: Readonly<Record<string, { readonly hashKey: string; readonly rangeKey: string }>>;
  /** The attribute with the time, in seconds since 1970, after which an item is deleted. */
  ttl?: string;
}

function createTable(
  name: string,
  { hashKey, rangeKey, indexes = {}, ttl }: Shape,
  { production }: OrderStoreArgs,
  parent: pulumi.Resource,
): aws.dynamodb.Table {
  const all = Object.entries(indexes);
  const keys = [hashKey, rangeKey, ...all.flatMap(([, key]) => [key.hashKey, key.rangeKey])];
  return new aws.dynamodb.Table(
    name,
    {
      billingMode: "PAY_PER_REQUEST",
      hashKey,
      ...(rangeKey !== undefined && { rangeKey }),
      attributes: keys.flatMap((key) => (key === undefined ? [] : [{ name: key, type: "S" }])),
      ...(all.length > 0 && {
        globalSecondaryIndexes: all.map(([index, key]) => ({ name: index, ...key, projectionType: "KEYS_ONLY" })),
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
