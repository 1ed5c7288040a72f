import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, paginateListObjectsV2, S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient, paginateScan, PutCommand, ScanCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { splitEntries, type StoredOrder } from "../../contracts/orders-table.ts";
import { depth } from "../../commands/shared/dead-letters.ts";
import type { Outputs } from "../support/cloud.ts";
import { SKUS } from "./load.ts";

const Told = z.object({
  channel: z.string(),
  subject: z.string(),
  text: z.string(),
  orderId: z.string(),
  requestId: z.string(),
});
const Delivery = z.object({ requestId: z.string(), undone: z.array(z.string()) });
const Shipment = z.object({
  key: z.string(),
  orderId: z.string(),
  trackingNumber: z.string(),
  cancelled: z.boolean().optional(),
});
const Balance = z.object({ id: z.string(), points: z.number() });
const StockItem = z.object({ sku: z.string(), onHand: z.number() });

/** All that a run has left behind. */
export interface Collected {
  readonly orders: readonly Pick<StoredOrder, "orderId" | "status" | "customerId" | "items" | "stockTaken">[];
  readonly events: readonly {
    readonly orderId: string;
    readonly type: string;
    readonly outboxSince?: string | undefined;
  }[];
  readonly told: readonly z.output<typeof Told>[];
  /** By the invocations that lived to answer: the orders of the messages that they did not report as done. */
  readonly undone: ReadonlyMap<string, ReadonlySet<string>>;
  readonly shipments: readonly z.output<typeof Shipment>[];
  /** Event ids in the bucket: a set, as the Athena view reads them. */
  readonly stored: ReadonlySet<string>;
  readonly onHand: ReadonlyMap<string, number>;
  /** Loyalty points by customer. */
  readonly points: ReadonlyMap<string, number>;
  /** What there was at the start. */
  readonly stocked: ReadonlyMap<string, number>;
  /** Messages that are waiting, in flight, or dead letters. */
  readonly messages: readonly { readonly consumer: string; readonly id: string }[];
}

let stocked = new Map<string, number>();

function clientsOf({ local: { endpoint } }: Outputs) {
  const client = { region: "eu-west-1", endpoint, credentials: { accessKeyId: "local", secretAccessKey: "local" } };
  return {
    documents: DynamoDBDocumentClient.from(new DynamoDBClient(client)),
    queues: new SQSClient(client),
    s3: new S3Client(client),
  };
}

/** Puts the run's SKUs on sale: enough of most for every order, of the scarce one for about one in ten of its orders. */
export async function sellStock(outputs: Outputs, orders: number): Promise<void> {
  const { documents } = clientsOf(outputs);
  stocked = new Map(SKUS.map((sku) => [sku, sku === "CHAOS-SCARCE" ? Math.ceil(orders / 25) : orders * 3]));
  for (const [sku, onHand] of stocked) {
    const Item = { sku, name: sku, unitPrice: 500, currency: "EUR", onHand };
    await documents.send(new PutCommand({ TableName: outputs.tables.stock, Item }));
  }
}

/** How many messages are waiting or in flight, and how many events unpublished. */
export async function countLeft(outputs: Outputs): Promise<number> {
  const { documents, queues } = clientsOf(outputs);
  let left = 0;
  for (const { queueUrl } of Object.values(outputs.consumers)) {
    const { waiting, inFlight } = await depth({ queues }, queueUrl);
    left += waiting + inFlight;
  }
  const { Count = 0 } = await documents.send(
    new ScanCommand({ TableName: outputs.tables.orders, IndexName: "outbox", Select: "COUNT" }),
  );
  return left + Count;
}

export async function collect(outputs: Outputs): Promise<Collected> {
  const { documents, queues, s3 } = clientsOf(outputs);
  const orders: Collected["orders"][number][] = [];
  const events: Collected["events"][number][] = [];
  for await (const { Items = [] } of paginateScan({ client: documents }, { TableName: outputs.tables.orders })) {
    for (const item of Items) {
      const { order, events: found } = splitEntries([item]);
      if (order) orders.push(order);
      events.push(...found.map(({ orderId, event, outboxSince }) => ({ orderId, type: event.type, outboxSince })));
    }
  }
  const onHand = new Map<string, number>();
  for await (const { Items = [] } of paginateScan({ client: documents }, { TableName: outputs.tables.stock })) {
    for (const { sku, onHand: count } of StockItem.array().parse(Items)) onHand.set(sku, count);
  }
  const points = new Map<string, number>();
  const { TableNames = [] } = await documents.send(new ListTablesCommand({}));
  for (const TableName of TableNames.filter((name) => name.startsWith("loyalty-balances"))) {
    for await (const { Items = [] } of paginateScan({ client: documents }, { TableName })) {
      for (const { id, points: count } of Balance.array().parse(Items)) {
        if (id.startsWith("customer#")) points.set(id.slice("customer#".length), count);
      }
    }
  }
  const messages: { consumer: string; id: string }[] = [];
  for (const [consumer, { queueUrl, deadLetterQueueUrl }] of Object.entries(outputs.consumers)) {
    const [live, dead] = [await depth({ queues }, queueUrl), await depth({ queues }, deadLetterQueueUrl)];
    const counts = { waiting: live.waiting, "in flight": live.inFlight, "dead letters": dead.waiting + dead.inFlight };
    for (const [what, count] of Object.entries(counts))
      if (count > 0) messages.push({ consumer, id: `${count} ${what}` });
  }
  return {
    orders,
    events,
    onHand,
    points,
    stocked,
    messages,
    told: Told.array().parse(await getJson(outputs.local.mailboxUrl)),
    undone: new Map(
      Delivery.array()
        .parse(await getJson(`${outputs.local.endpoint}/_local/deliveries`))
        .map(({ requestId, undone }) => [requestId, new Set(undone)]),
    ),
    shipments: await shipmentsOf(outputs),
    stored: await storedIds(s3, outputs.analyticsBucket),
  };
}

const getJson = async (url: string): Promise<unknown> => (await fetch(url)).json();

/** The carrier's shipments: of the entries that it kept for a key, the last one stands. */
async function shipmentsOf({ local: { endpoint } }: Outputs): Promise<Collected["shipments"]> {
  const hosts = z.object({ "carrier.test": Shipment.array() }).parse(await getJson(`${endpoint}/_local/hosts`));
  return [...new Map(hosts["carrier.test"].map((shipment) => [shipment.key, shipment])).values()];
}

async function storedIds(s3: S3Client, Bucket: string): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket, Prefix: "events/" })) {
    for (const { Key } of Contents) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      for (const line of ((await Body?.transformToString()) ?? "").trimEnd().split("\n")) {
        ids.add(z.object({ id: z.string() }).parse(JSON.parse(line)).id);
      }
    }
  }
  return ids;
}
