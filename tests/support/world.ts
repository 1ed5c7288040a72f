import type { SQSRecord } from "aws-lambda";
import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import type { OrderRequest } from "../../contracts/order.ts";
import { ordersOutboxKey } from "../../contracts/orders-table.ts";
import analytics from "../../handlers/analytics.ts";
import cancelOrder from "../../handlers/cancel-order.ts";
import inventory from "../../handlers/inventory.ts";
import loyalty from "../../handlers/loyalty.ts";
import notifications from "../../handlers/notifications.ts";
import placeOrder from "../../handlers/place-order.ts";
import relayOutbox from "../../handlers/relay-outbox.ts";
import shipment from "../../handlers/shipment.ts";
import { start as startDynamoDb, type DynamoDb } from "../../local/dynamodb/server.ts";
import type { Call, Calls } from "../../runtime/ports/calls.ts";
import { consume, type Consumable } from "../../runtime/lambda/consume.ts";
import { runScheduled } from "../../runtime/lambda/run-scheduled.ts";
import { serve, type Servable } from "../../runtime/lambda/serve.ts";
import { orderRequest } from "./shop.ts";

const consumers: Readonly<Record<string, Consumable>> = { inventory, notifications, shipment, analytics, loyalty };
export type HandlerName = string;

/** Around every call that a function makes: a test may die here, throttle, or lose the reply. */
export type Around = (handler: HandlerName, call: Call, perform: () => Promise<unknown>) => Promise<unknown>;

/** One run of a function. */
interface Invocation {
  readonly handler: HandlerName;
  readonly world: World;
  readonly death: PromiseWithResolvers<undefined>;
  /** How far its clock is off, in milliseconds. */
  readonly skew: number;
}

/** Which function a call belongs to. One seam for all keeps the clients, and their connections, for all. */
const invocation = new AsyncLocalStorage<Invocation>();
const seam: Calls = <T>(call: Call, perform: () => Promise<T>) => {
  const { handler, world } = invocation.getStore() ?? outside(call);
  // A fake answer has the type that its caller asked for: what each command answers is written in the world.
  return world.around(handler, call, () => world.perform(call, perform)) as Promise<T>;
};
function outside({ service, operation }: Call): never {
  throw new Error(`${service} ${operation} was called outside of every function`);
}

interface Message {
  readonly id: string;
  readonly body: string;
  readonly correlationId: string;
  receives: number;
}

/**
 * The real handlers and runtime on a real DynamoDB, with SNS, SQS, S3, SES and the carrier played at the one seam where
 * a function's calls leave it. What is in memory here outlives every function, as a provider does.
 */
export class World {
  readonly mails: { readonly to: string; readonly subject: string; readonly orderId: string }[] = [];
  readonly texts: { readonly to: string; readonly orderId: string }[] = [];
  readonly shipments = new Map<string, { orderId: string; cancelled: boolean }>();
  readonly lake = new Map<string, string>();
  readonly logs: string[] = [];
  readonly queues = new Map<string, Message[]>(Object.keys(consumers).map((name) => [name, []]));
  readonly deadLetters = new Map<string, Message[]>(Object.keys(consumers).map((name) => [name, []]));
  readonly maxReceiveCount: number;
  /** How long a claim of the ledger lasts: by default long enough for a call, and short enough to wait for. */
  leaseSeconds: number;
  snsIsDown = false;
  /** Called in between: a test's own fault. */
  around: Around = (_handler, _call, perform) => perform();

  /** How far the next function's clock is off, in milliseconds. */
  skew = (): number => 0;

  constructor(options: { maxReceiveCount?: number; leaseSeconds?: number } = {}) {
    this.maxReceiveCount = options.maxReceiveCount ?? 8;
    this.leaseSeconds = options.leaseSeconds ?? 0.05;
  }

  /** Places an order by the route's own handler; the answer's status and body. */
  async place(over: Partial<OrderRequest>, headers: Record<string, string> = {}) {
    return this.request("place-order", placeOrder, headers, JSON.stringify(orderRequest(over)), {});
  }

  /** Places an order as a client with a key does: again until it is accepted, at most 200 times. Gives its id. */
  async accepted(over: Partial<OrderRequest>): Promise<string> {
    const key = { "idempotency-key": randomUUID() };
    for (let attempt = 0; attempt < 200; attempt++) {
      const { statusCode, body } = await this.place(over, key);
      if (statusCode === 201 && body.orderId !== undefined) return body.orderId;
    }
    throw new Error("200 times no 201");
  }

  async cancel(orderId: string) {
    return this.request("cancel-order", cancelOrder, {}, "", { orderId });
  }

  /** One run of the relay, which takes every mark however young. */
  async relay(): Promise<void> {
    const context = { getRemainingTimeInMillis: () => 30_000, awsRequestId: randomUUID() };
    const handle = runScheduled(relayOutbox, environment({ NAME: "relay", RELAY_AFTER_SECONDS: "0.000001" }), seam);
    await this.invoke("relay", () => handle({}, context)).catch(() => undefined);
  }

  /** A function's life: what it answers, or nothing when it dies. */
  private invoke<T>(handler: HandlerName, start: () => Promise<T>): Promise<T | undefined> {
    const death = Promise.withResolvers<undefined>();
    const life = invocation.run({ handler, world: this, death, skew: this.skew() }, start);
    return Promise.race([life, death.promise]);
  }

  /** Ends the function that calls it: from `around`, which must then never return. */
  dies(): Promise<never> {
    invocation.getStore()?.death.resolve(undefined);
    return new Promise<never>(() => undefined);
  }

  /**
   * Delivers a batch of a consumer's queue to a function; what it does not report as failed is deleted. A function that
   * dies answers nothing, and all come again.
   */
  async deliver(consumer: string, batchSize = 10): Promise<void> {
    const definition = consumers[consumer];
    const batch = this.queueOf(consumer).splice(0, batchSize);
    if (!definition || batch.length === 0) return;
    for (const message of batch) message.receives++;
    const env = environment({
      NAME: consumer,
      SETTINGS: settings[consumer] ?? "{}",
      LEASE_SECONDS: String(this.leaseSeconds),
    });
    const handle = consume(definition, env, seam);
    const event = { Records: batch.map(record) };
    const answer = await this.invoke(consumer, () => handle(event, { getRemainingTimeInMillis: () => 30_000 }));
    const failed = answer ? new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)) : undefined;
    for (const message of batch) {
      if (failed && !failed.has(message.id)) continue;
      const into = message.receives >= this.maxReceiveCount ? this.deadLetters : this.queues;
      into.get(consumer)?.push(message);
    }
  }

  /** Runs relay and deliveries until nothing is left to do, at most 300 rounds. */
  async settle(): Promise<void> {
    for (let round = 0; round < 300; round++) {
      if (round > 1) await sleep(Math.min(this.leaseSeconds * 300, 50));
      await this.relay();
      for (const consumer of Object.keys(consumers)) {
        const waiting = this.queueOf(consumer).length;
        for (let batch = 0; batch < waiting; batch += 10) await this.deliver(consumer);
      }
      const pending = [...this.queues.values()].some((queue) => queue.length > 0);
      if (!pending && (await this.marks()) === 0) return;
    }
    throw new Error(
      `not quiet after 300 rounds: ${JSON.stringify([...this.queues].map(([name, { length }]) => [name, length]))}`,
    );
  }

  /** Settles with one message at a time: of all that wait, the one whose event's type comes first in `order`. */
  async settleInOrder(order: readonly string[]): Promise<void> {
    for (let step = 0; step < 200; step++) {
      const waiting = [...this.queues].flatMap(([consumer, queue]) =>
        queue.map((message) => ({ consumer, queue, message })),
      );
      const rank = ({ message }: { message: Message }) =>
        order.findIndex((type) => message.body.includes(`"type":"${type}"`));
      const [next] = waiting.sort((a, b) => rank(a) - rank(b));
      if (!next) return;
      next.queue.splice(next.queue.indexOf(next.message), 1);
      next.queue.unshift(next.message);
      await this.deliver(next.consumer, 1);
    }
    throw new Error("not quiet after 200 deliveries");
  }

  /** Gives every message that is fanned out from now on, as it was sent. */
  recordMessages(): () => { consumer: string; message: Message }[] {
    this.recorded = [];
    return () => this.recorded ?? [];
  }
  private recorded: { consumer: string; message: Message }[] | undefined;

  /** What the ledger has of an effect. */
  async effect(eventId: string, effect: string) {
    return (await get("effects", { eventId: { S: eventId }, effect: { S: effect } })).Item;
  }

  /** What the call does in this world. */
  async perform({ service, operation, input }: Call, real: () => Promise<unknown>): Promise<unknown> {
    if (service === "dynamodb") return real();
    if (service === "https") return this.carrier(operation, CarrierCall.parse(input));
    const answer = (output: object) => ({ output: { $metadata: {}, ...output }, response: {} });
    switch (operation) {
      case "SendEmail": {
        const { Destination, Content, EmailTags } = Email.parse(input);
        const [to = "", orderId = ""] = [Destination.ToAddresses[0], EmailTags[0]?.Value];
        this.mails.push({ to, orderId, subject: Content.Simple.Subject.Data });
        return answer({ MessageId: randomUUID() });
      }
      case "PutObject": {
        const { Key, Body } = Put.parse(input);
        this.lake.set(Key, Body);
        return answer({});
      }
      case "Publish": {
        const publish = Publish.parse(input);
        if (publish.PhoneNumber !== undefined) {
          this.texts.push({
            to: publish.PhoneNumber,
            orderId: publish.MessageAttributes["orderId"]?.StringValue ?? "",
          });
        } else {
          this.fanOut(publish);
        }
        return answer({ MessageId: randomUUID() });
      }
      case "PublishBatch": {
        const { PublishBatchRequestEntries: entries } = PublishBatch.parse(input);
        for (const entry of entries) this.fanOut(entry);
        return answer({ Successful: entries.map(({ Id }) => ({ Id })) });
      }
      default:
        throw new Error(`the world does not play ${service} ${operation}`);
    }
  }

  private fanOut({ Message: body, MessageAttributes: attributes }: z.output<typeof Publish>): void {
    if (this.snsIsDown) throw Object.assign(new Error("SNS is down"), { name: "TimeoutError" });
    for (const [name, { on }] of Object.entries(consumers)) {
      if (!on.some(({ type }) => type === attributes["type"]?.StringValue)) continue;
      const correlationId = attributes["correlationId"]?.StringValue ?? "";
      const message = { id: randomUUID(), body, correlationId, receives: 0 };
      this.queueOf(name).push(message);
      this.recorded?.push({ consumer: name, message: { ...message } });
    }
  }

  private carrier(
    method: string,
    { url, headers, body }: z.output<typeof CarrierCall>,
  ): { status: number; body: unknown } {
    if (method === "DELETE") {
      const shipment = this.shipments.get(url.split("/").at(-1) ?? "");
      if (shipment) shipment.cancelled = true;
      return { status: shipment ? 204 : 404, body: undefined };
    }
    if (body?.address.postalCode === "00000") return { status: 422, body: {} };
    const key = headers?.["idempotency-key"] ?? randomUUID();
    const known = this.shipments.has(key);
    if (!known) this.shipments.set(key, { orderId: body?.orderId ?? "", cancelled: false });
    return { status: known ? 200 : 201, body: { carrier: "World Express", trackingNumber: `T-${key}` } };
  }

  private async request(
    handler: HandlerName,
    route: Servable,
    headers: Record<string, string>,
    body: string,
    pathParameters: Record<string, string>,
  ) {
    const event = {
      version: "2.0",
      routeKey: "",
      rawPath: "/orders",
      rawQueryString: "",
      headers: { "content-type": "application/json", ...headers },
      pathParameters,
      body,
      isBase64Encoded: false,
      requestContext: {
        accountId: "",
        apiId: "",
        domainName: "",
        domainPrefix: "",
        http: { method: "POST", path: "/orders", protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "" },
        requestId: randomUUID(),
        routeKey: "",
        stage: "$default",
        time: "",
        timeEpoch: 0,
      },
    };
    const handle = serve(route, environment({ NAME: handler }), seam);
    const answer = await this.invoke(handler, () => handle(event, { getRemainingTimeInMillis: () => 10_000 }));
    const parsed = z.looseObject({ orderId: z.string().optional() }).parse(JSON.parse(answer?.body ?? "{}"));
    return { statusCode: answer?.statusCode, body: parsed, text: answer?.body };
  }

  /** How many events are still marked as unpublished. */
  async marks(): Promise<number> {
    const { Count } = z
      .object({ Count: z.int() })
      .parse(await database().call("Scan", { TableName: "orders", IndexName: "outbox" }));
    return Count;
  }

  private queueOf(consumer: string): Message[] {
    return this.queues.get(consumer) ?? [];
  }

  async sells(sku: string, onHand: number, unitPrice = 100): Promise<void> {
    const Item = {
      sku: { S: sku },
      name: { S: sku },
      unitPrice: { N: String(unitPrice) },
      currency: { S: "EUR" },
      onHand: { N: String(onHand) },
    };
    await database().call("PutItem", { TableName: "stock", Item });
  }

  async onHand(sku: string): Promise<number> {
    const { Item } = await get("stock", { sku: { S: sku } });
    return Number(Item?.["onHand"]?.["N"]);
  }

  async restock(sku: string, count: number): Promise<void> {
    await database().call("UpdateItem", {
      TableName: "stock",
      Key: { sku: { S: sku } },
      UpdateExpression: "ADD onHand :count",
      ExpressionAttributeValues: { ":count": { N: String(count) } },
    });
  }

  /** Whether an order has taken its lines from the stock, and not given them back. */
  async holdsStock(orderId: string): Promise<boolean> {
    const { Item } = await get("orders", { orderId: { S: orderId }, entry: { S: "order" } });
    return Item?.["stockTaken"]?.["BOOL"] === true;
  }

  async status(orderId: string): Promise<unknown> {
    const { Item } = await get("orders", { orderId: { S: orderId }, entry: { S: "order" } });
    return Item?.["status"]?.["S"];
  }

  async points(customerId: string): Promise<number> {
    const { Item } = await get("balances", { id: { S: `customer#${customerId}` } });
    return Number(Item?.["points"]?.["N"] ?? 0);
  }

  /** The types of the events that an order has, in the order of their names. */
  async events(orderId: string): Promise<string[]> {
    const { Items } = Found.parse(
      await database().call("Query", {
        TableName: "orders",
        KeyConditionExpression: "orderId = :id AND begins_with(entry, :event)",
        ExpressionAttributeValues: { ":id": { S: orderId }, ":event": { S: "event#" } },
        ConsistentRead: true,
      }),
    );
    return Items.map(({ entry }) => String(entry?.["S"]).replace(/^event#/, "")).sort();
  }

  /** The event ids in the lake: a set, as the Athena view sees them. */
  stored(): Set<string> {
    const lines = [...this.lake.values()].flatMap((body) => body.trimEnd().split("\n"));
    return new Set(lines.map((line) => z.object({ id: z.string() }).parse(JSON.parse(line)).id));
  }
}

const Attributes = z.record(z.string(), z.object({ StringValue: z.string().optional() }));
const Publish = z.object({ PhoneNumber: z.string().optional(), Message: z.string(), MessageAttributes: Attributes });
const PublishBatch = z.object({
  PublishBatchRequestEntries: z.array(z.object({ Id: z.string(), Message: z.string(), MessageAttributes: Attributes })),
});
const Put = z.object({ Key: z.string(), Body: z.string() });
const Email = z.object({
  Destination: z.object({ ToAddresses: z.array(z.string()) }),
  Content: z.object({ Simple: z.object({ Subject: z.object({ Data: z.string() }) }) }),
  EmailTags: z.array(z.object({ Value: z.string() })),
});
const CarrierCall = z.object({
  url: z.string(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.object({ orderId: z.string(), address: z.object({ postalCode: z.string() }) }).optional(),
});
const Values = z.record(z.string(), z.record(z.string(), z.unknown()));
const Found = z.object({ Items: z.array(Values) });
const get = async (TableName: string, Key: object) =>
  z
    .object({ Item: Values.optional() })
    .parse(await database().call("GetItem", { TableName, Key, ConsistentRead: true }));

const settings: Readonly<Record<string, string>> = {
  notifications: JSON.stringify({ from: "orders@example.com", sms: true }),
  shipment: JSON.stringify({ url: "https://carrier.example/v1" }),
};

const environment = (own: Readonly<Record<string, string>>) => ({
  RESOURCES: JSON.stringify({
    orders: "orders",
    stock: "stock",
    effects: "effects",
    lake: "lake",
    balances: "balances",
  }),
  TOPIC_ARN: "arn:aws:sns:eu-west-1:000000000000:order-events",
  EVENT_SOURCE: "/order-fanout/test",
  OUTBOX: JSON.stringify({ table: "orders", ...ordersOutboxKey }),
  ...own,
});

function record({ id, body, correlationId, receives }: Message): SQSRecord {
  return {
    messageId: id,
    receiptHandle: id,
    body,
    attributes: {
      ApproximateReceiveCount: String(receives),
      SentTimestamp: "",
      SenderId: "",
      ApproximateFirstReceiveTimestamp: "",
    },
    messageAttributes: { correlationId: { stringValue: correlationId, dataType: "String" } },
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: "",
    awsRegion: "eu-west-1",
  };
}

const tables = [
  tableOf("orders", ["orderId", "entry"], ["outboxShard", "outboxSince"]),
  tableOf("stock", ["sku"]),
  tableOf("effects", ["eventId", "effect"]),
  tableOf("balances", ["id"]),
];

let starting: Promise<DynamoDb> | undefined;
let dynamodb: DynamoDb | undefined;
function database(): DynamoDb {
  if (!dynamodb) throw new Error("call useDatabase() in the suite first");
  return dynamodb;
}

/** Gives the suite that calls it a DynamoDB, one for all suites, and the functions' clients its address. */
export function useDatabase(): void {
  before(async () => {
    starting ??= start();
    dynamodb = await starting;
  });
}

async function start(): Promise<DynamoDb> {
  const state = await mkdtemp(join(tmpdir(), "order-fanout-world-"));
  const started = await startDynamoDb({ state, say: () => undefined });
  process.once("exit", () => {
    void started.stop(); // its first step kills it, and needs no waiting
    rmSync(state, { recursive: true, force: true });
  });
  Object.assign(process.env, {
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_ENDPOINT_URL_DYNAMODB: started.endpoint.href,
  });
  captureLogs();
  skewClocks();
  for (const table of tables) await started.call("CreateTable", { BillingMode: "PAY_PER_REQUEST", ...table });
  return started;
}

/** Gives each function its own clock: the true one, plus its skew. */
function skewClocks(): void {
  const { now } = Date;
  const skewed = () => now() + (invocation.getStore()?.skew ?? 0);
  globalThis.Date = new Proxy(Date, {
    construct: (target, given: [], newTarget) =>
      Reflect.construct(target, given.length === 0 ? [skewed()] : given, newTarget) as Date,
    get: (target, name, receiver): unknown => (name === "now" ? skewed : Reflect.get(target, name, receiver)),
  });
}

/** What a function writes goes to its world, as it goes to CloudWatch, and not between the lines of the tests' report. */
function captureLogs(): void {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (chunk: string | Uint8Array, ...rest: never[]): boolean => {
    const world = invocation.getStore()?.world;
    if (!world || typeof chunk !== "string") return write(chunk, ...rest);
    world.logs.push(chunk);
    return true;
  };
}

function tableOf(TableName: string, keys: readonly string[], index: readonly string[] = []) {
  const schema = (names: readonly string[]) =>
    names.map((AttributeName, at) => ({ AttributeName, KeyType: at === 0 ? "HASH" : "RANGE" }));
  return {
    TableName,
    KeySchema: schema(keys),
    AttributeDefinitions: [...keys, ...index].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
    ...(index.length > 0 && {
      GlobalSecondaryIndexes: [
        { IndexName: "outbox", KeySchema: schema(index), Projection: { ProjectionType: "KEYS_ONLY" } },
      ],
    }),
  };
}
