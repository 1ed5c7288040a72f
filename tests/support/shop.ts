import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import type { OrderRequest } from "../../contracts/order.ts";
import type { Outputs } from "./cloud.ts";
import { orderOf } from "./orders.ts";
import { until } from "./until.ts";

export const Placed = z.looseObject({ orderId: z.string(), status: z.string(), placedAt: z.string() });
const Order = z.looseObject({
  orderId: z.string(),
  status: z.string(),
  timeline: z.array(z.object({ type: z.string(), at: z.string() })),
  shipment: z.object({ carrier: z.string(), trackingNumber: z.string() }).optional(),
});
const Mail = z.object({
  channel: z.string(),
  to: z.string(),
  subject: z.string(),
  text: z.string(),
  orderId: z.string(),
  requestId: z.string(),
});

const Call = z.object({
  function: z.string(),
  verdict: z.string(),
  asked: z.array(z.object({ action: z.string() })),
});

/** What a shop and its engineers do with the system, by HTTP and the AWS protocols alone. */
export class Shop {
  readonly outputs: Outputs;
  readonly documents: DynamoDBDocumentClient;
  readonly sqs: SQSClient;
  readonly s3: S3Client;

  constructor(outputs: Outputs) {
    this.outputs = outputs;
    const client = {
      region: "eu-west-1",
      endpoint: outputs.local.endpoint,
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    };
    this.documents = DynamoDBDocumentClient.from(new DynamoDBClient(client));
    this.sqs = new SQSClient(client);
    this.s3 = new S3Client(client);
  }

  post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.outputs.ordersUrl, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  }

  /** Places an order and gives its id. */
  async place(over: Partial<OrderRequest> = {}, headers: Record<string, string> = {}): Promise<string> {
    const response = await this.post(orderOf(over), headers);
    if (response.status !== 201) throw new Error(`POST /orders answered ${response.status}: ${await response.text()}`);
    return Placed.parse(await response.json()).orderId;
  }

  /** The order as its customer sees it. A 5xx is a busy machine's, and is asked again, as a client does. */
  order(orderId: string): Promise<z.output<typeof Order>> {
    return until(`an answer about order ${orderId}`, async () => {
      const response = await fetch(`${this.outputs.ordersUrl}/${orderId}`);
      const body: unknown = await response.json();
      return response.status < 500 && Order.parse(body);
    });
  }

  cancel(orderId: string): Promise<Response> {
    return fetch(`${this.outputs.ordersUrl}/${orderId}/cancel`, { method: "POST" });
  }

  reaches(orderId: string, status: string, seconds?: number): Promise<z.output<typeof Order>> {
    return until(
      `order ${orderId} is ${status}`,
      async () => {
        const order = await this.order(orderId);
        return order.status === status && order;
      },
      seconds,
    );
  }

  /** Puts a SKU of the test's own on sale. */
  async sells(sku: string, onHand: number, unitPrice = 1_299, name = `The ${sku}`): Promise<void> {
    const Item = { sku, name, unitPrice, currency: "EUR", onHand };
    await this.documents.send(new PutCommand({ TableName: this.outputs.tables.stock, Item }));
  }

  async onHand(sku: string): Promise<unknown> {
    const { Item } = await this.documents.send(
      new GetCommand({ TableName: this.outputs.tables.stock, Key: { sku }, ConsistentRead: true }),
    );
    return Item?.["onHand"];
  }

  /** What all customers were told, oldest first. */
  async mails(): Promise<z.output<typeof Mail>[]> {
    return Mail.array().parse(await (await fetch(this.outputs.local.mailboxUrl)).json());
  }

  /** What the customer of an order was told, oldest first. */
  async told(orderId: string): Promise<z.output<typeof Mail>[]> {
    return (await this.mails()).filter((mail) => mail.orderId === orderId);
  }

  /** By the invocations that have answered, the messages that they did not report as done. */
  async undone(): Promise<Map<string, string[]>> {
    const response = await fetch(`${this.outputs.local.endpoint}/_local/deliveries`);
    const deliveries = z.object({ requestId: z.string(), undone: z.array(z.string()) }).array();
    return new Map(deliveries.parse(await response.json()).map(({ requestId, undone }) => [requestId, undone]));
  }

  /** The calls of functions that were about an order: by function, the actions that they asked for; and those refused. */
  async calls(orderId: string): Promise<{ asked: Map<string, Set<string>>; denied: unknown[] }> {
    const response = await fetch(`${this.outputs.local.endpoint}/_local/calls?order=${orderId}`);
    const calls = Call.array().parse(await response.json());
    const names = new Map(
      Object.entries(this.outputs.functions).map(([name, { functionName }]) => [functionName, name]),
    );
    const asked = new Map<string, Set<string>>();
    for (const { function: called, asked: asks } of calls) {
      const name = names.get(called) ?? called;
      asked.set(name, new Set([...(asked.get(name) ?? []), ...asks.map(({ action }) => action)]));
    }
    return { asked, denied: calls.filter(({ verdict }) => verdict !== "allowed") };
  }

  /** The lines of the bucket that are about an order. */
  async eventsInBucket(orderId: string): Promise<{ key: string; type: string }[]> {
    const Bucket = this.outputs.analyticsBucket;
    const { Contents = [] } = await this.s3.send(new ListObjectsV2Command({ Bucket, Prefix: "events/" }));
    const found: { key: string; type: string }[] = [];
    for (const { Key } of Contents) {
      const { Body } = await this.s3.send(new GetObjectCommand({ Bucket, Key }));
      for (const line of ((await Body?.transformToString()) ?? "").trimEnd().split("\n")) {
        const event = z.object({ subject: z.string(), type: z.string() }).parse(JSON.parse(line));
        if (event.subject === orderId) found.push({ key: Key ?? "", type: event.type });
      }
    }
    return found;
  }

  /** How many messages all queues hold, waiting or in flight; by consumer, those that have any. */
  async pending(kind: "queueUrl" | "deadLetterQueueUrl" = "queueUrl"): Promise<Record<string, number>> {
    const counts = await Promise.all(
      Object.entries(this.outputs.consumers).map(async ([name, urls]): Promise<[string, number]> => {
        const { Attributes } = await this.sqs.send(
          new GetQueueAttributesCommand({ QueueUrl: urls[kind], AttributeNames: ["All"] }),
        );
        const sum =
          Number(Attributes?.["ApproximateNumberOfMessages"]) +
          Number(Attributes?.["ApproximateNumberOfMessagesNotVisible"]);
        return [name, sum];
      }),
    );
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }

  /** Waits until no queue holds a message. */
  quiet(seconds?: number): Promise<true> {
    return until("every queue is empty", async () => Object.keys(await this.pending()).length === 0, seconds);
  }
}
