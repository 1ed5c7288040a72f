import type { IncomingMessage, ServerResponse } from "node:http";
import type { DatabaseSync } from "node:sqlite";
import * as z from "zod";

// What is used of fauxqs 2.4.1's inside, written by hand: it exports its app alone, so the stores are imported by
// path and the version is pinned.

/** A message in a queue. */
export interface Message {
  readonly messageId: string;
  readonly body: string;
  readonly md5OfBody: string;
  readonly messageAttributes: Readonly<Record<string, MessageAttribute>>;
  readonly sentTimestamp: number;
  readonly approximateReceiveCount: number;
  readonly approximateFirstReceiveTimestamp?: number;
  readonly delayUntil?: number;
}

/** A message attribute as SQS and SNS have it. */
export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: string;
}

/** A queue: `messages` are ready, `inflightMessages` are received and not yet deleted, by receipt handle. */
export interface Queue {
  readonly name: string;
  readonly url: string;
  readonly arn: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Map<string, string>;
  readonly messages: Message[];
  readonly delayedMessages: readonly Message[];
  readonly inflightMessages: Map<string, { readonly message: Message; readonly visibilityDeadline: number }>;
  persistence?: Persistence;
  setAttributes(attributes: Record<string, string>): void;
  dequeue: (
    count: number,
    visibilitySeconds: number | undefined,
    resolve: (arn: string) => Queue | undefined,
  ) => { ReceiptHandle: string }[];
  enqueue(message: Message): void;
  deleteMessage(receiptHandle: string): boolean;
  changeVisibility(receiptHandle: string, seconds: number): void;
  processTimers(): void;
  notifyWaiters(): void;
}

/** All queues. */
export interface SqsStore {
  persistence?: Persistence;
  readonly queuesByName: Map<string, Queue>;
  createQueue(
    name: string,
    url: string,
    arn: string,
    attributes: Record<string, string>,
    tags: Record<string, string>,
  ): Queue;
  deleteQueue(url: string): boolean;
  getQueueByArn(arn: string): Queue | undefined;
  allQueues(): Iterable<Queue>;
}

/** A subscription of a queue to a topic. */
export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: string;
  readonly endpoint: string;
  attributes: Record<string, string>;
  parsedFilterPolicy?: unknown;
}

/** A topic. */
export interface Topic {
  readonly arn: string;
  readonly tags: Map<string, string>;
  readonly subscriptionArns: readonly string[];
}

/** All topics and subscriptions. */
export interface SnsStore {
  persistence?: Persistence;
  readonly topics: Map<string, Topic>;
  readonly subscriptions: Map<string, Subscription>;
  createTopic(name: string, attributes: Record<string, string>, tags: Record<string, string>, region: string): Topic;
  deleteTopic(arn: string): boolean;
  subscribe(
    topicArn: string,
    protocol: string,
    endpoint: string,
    attributes: Record<string, string>,
  ): Subscription | undefined;
  unsubscribe(arn: string): boolean;
}

/** Answers SNS's operations: by the store, at once. */
export interface SnsRouter {
  readonly snsStore: SnsStore;
  handle: (
    this: SnsRouter,
    request: { readonly body: Readonly<Record<string, string>> },
    reply: unknown,
  ) => Promise<unknown>;
}

/** All buckets and objects. */
export interface S3Store {
  persistence?: Persistence;
  createBucket(name: string): void;
}

/** The SQLite file behind the three stores. */
export interface Persistence {
  readonly db: DatabaseSync;
  transaction(act: () => void): void;
  insertMessage(queueName: string, message: Message): void;
  deleteMessage(messageId: string): void;
  updateMessageReady(messageId: string): void;
  updateSubscriptionAttributes(arn: string, attributes: Record<string, string>): void;
  load(sqs: SqsStore, sns: SnsStore, s3: S3Store): void;
  close(): void;
}

/** The HTTP application that speaks the protocols of SQS, SNS and S3. */
export interface App {
  ready(): PromiseLike<unknown>;
  close(): PromiseLike<unknown>;
  routing(request: IncomingMessage, response: ServerResponse): void;
}

interface Modules {
  buildApp(options: object): App;
  SqsStore: {
    new (): SqsStore;
    createMessage(body: string, attributes: Readonly<Record<string, MessageAttribute>>): Message;
  };
  SqsQueue: { readonly prototype: Queue };
  SnsStore: new () => SnsStore;
  SnsRouter: { readonly prototype: SnsRouter };
  S3Store: new () => S3Store;
  PersistenceManager: new (folder: string) => Persistence;
}

const used = ["buildApp", "SqsStore", "SqsQueue", "SnsStore", "SnsRouter", "S3Store", "PersistenceManager"];

/** Fails at once, and by name, when another version of fauxqs is laid out in another way. */
const Loaded = z.custom<Modules>(
  (value) =>
    z.looseObject(Object.fromEntries(used.map((name) => [name, z.unknown().nonoptional()]))).safeParse(value).success,
  "fauxqs is not the version that local/messaging/fauxqs.ts describes",
);

/** Imports fauxqs and the stores that it does not export. */
export async function importFauxqs(): Promise<Modules> {
  const entry = import.meta.resolve("fauxqs");
  const files = ["app.js", "sqs/sqsStore.js", "sns/snsStore.js", "sns/snsRouter.js", "s3/s3Store.js", "persistence.js"];
  const loaded: unknown[] = await Promise.all(files.map((file) => import(new URL(file, entry).href)));
  return Loaded.parse(Object.assign({}, ...loaded));
}
