import { join } from "node:path";
import {
  importFauxqs,
  type App,
  type Persistence,
  type Queue,
  type SnsStore,
  type SqsStore,
  type Topic,
} from "./fauxqs.ts";
import { createMoves, type Moves } from "./moves.ts";
import { deadLetterUndeliverable } from "./undeliverable.ts";
import { inTransaction, openDatabaseFile } from "../shared/database-file.ts";
import { account, arn, LocalCloudError } from "../shared/names.ts";

/** The queues, topics, subscriptions and buckets of the program. */
export interface MessagingResources {
  /** Makes a queue, or brings the attributes of the one that is there up to date. */
  putQueue(name: string, attributes: Record<string, string>): Pick<Queue, "arn">;
  /** Says who may do what with a queue; without it SNS may not send to it. */
  putQueuePolicy(queueArn: string, policy: string): void;
  /** Makes a topic, or takes the one that is there. */
  putTopic(name: string, attributes: Record<string, string>): Pick<Topic, "arn">;
  /** Subscribes a queue to a topic, or updates the subscription that is there. Returns its ARN. */
  putSubscription(topicArn: string, queueArn: string, attributes: Record<string, string>): string;
  /** Makes a bucket, or takes the one that is there. */
  putBucket(name: string): void;
}

/** SNS, SQS and S3 (fauxqs, embedded): their stores, and the app that speaks their protocols. */
export interface Messaging extends MessagingResources, Moves {
  readonly app: App;
  readonly sqs: SqsStore;
  readonly persistence: Persistence;
  putQueue(name: string, attributes: Record<string, string>): Queue;
  putTopic(name: string, attributes: Record<string, string>): Topic;
  /**
   * Removes the queues and topics that have left the program, as `pulumi up` would. Returns their ARNs.
   * @param drop Whether messages may go with their queues.
   * @param kept What is in the program: ARNs, and `subscriptionKey`s. Default all that was made or updated.
   * @throws LocalCloudError without `drop`, naming each of these queues that holds messages; then nothing is removed.
   */
  removeOrphans(drop: boolean, kept?: ReadonlySet<string>): string[];
  /** @throws LocalCloudError where `removeOrphans` without `drop` would. */
  requireEmptyOrphans(kept: ReadonlySet<string>): void;
  /** The subscription of a queue to a topic, by its ARN. */
  findSubscription(topicArn: string, queueArn: string): string | undefined;
  stop(): Promise<void>;
}

/** Where the stores are kept, and what goes into ARNs, URLs and tags. */
export interface MessagingArgs {
  /** The state folder. */
  readonly state: string;
  /** The stack whose queues and topics these are. */
  readonly stack: string;
  readonly region: string;
  /** The AWS endpoint's port, which is part of each queue's URL. */
  readonly endpointPort: number;
}

/** The tag that marks a queue or a topic as the program's; one that a person made does not have it. */
const stackTag = "order-fanout:stack";

/** Loads the state of an earlier run. Messages that were in flight at a crash are ready again at once. */
export async function start(args: MessagingArgs): Promise<Messaging> {
  const fauxqs = await importFauxqs();
  const urlOf = (name: string) => `http://127.0.0.1:${args.endpointPort}/${account}/${name}`;
  const sqs = new fauxqs.SqsStore();
  const sns = new fauxqs.SnsStore();
  const s3 = new fauxqs.S3Store();
  const persistence = openDatabase(() => new fauxqs.PersistenceManager(args.state), args.state, urlOf(""));
  persistence.load(sqs, sns, s3);
  // After the load: with the persistence assigned, createQueue would replace the row, and cascade to its messages.
  Object.assign(sqs, { persistence, host: "" }); // no host: a queue that a person makes gets the URL it was asked by
  Object.assign(sns, { persistence });
  Object.assign(s3, { persistence });
  for (const queue of sqs.allQueues()) queue.persistence = persistence;
  makeReceivesAtomic(fauxqs.SqsQueue.prototype);
  deadLetterUndeliverable(fauxqs.SnsRouter.prototype, { sns, sqs, newStore: () => new fauxqs.SnsStore() });
  const app = fauxqs.buildApp({
    logger: false,
    defaultRegion: args.region,
    host: "",
    stores: { sqsStore: sqs, snsStore: sns, s3Store: s3 },
  });
  await app.ready();
  const kept = new Set<string>();
  return {
    ...createMoves(persistence, (body, attributes) => fauxqs.SqsStore.createMessage(body, attributes)),
    app,
    sqs,
    persistence,
    putQueue: (name, attributes) => {
      kept.add(arn("sqs", args.region, name));
      const existing = sqs.queuesByName.get(name);
      if (existing === undefined) {
        return sqs.createQueue(name, urlOf(name), arn("sqs", args.region, name), attributes, {
          [stackTag]: args.stack,
        });
      }
      const removed = Object.keys(existing.attributes).filter((key) => key === "RedrivePolicy" && !(key in attributes));
      existing.setAttributes({ Policy: "", ...attributes, ...Object.fromEntries(removed.map((key) => [key, ""])) });
      return existing;
    },
    putQueuePolicy: (queueArn, policy) => sqs.getQueueByArn(queueArn)?.setAttributes({ Policy: policy }),
    putTopic: (name, attributes) => {
      const topicArn = arn("sns", args.region, name);
      kept.add(topicArn);
      return sns.topics.get(topicArn) ?? sns.createTopic(name, attributes, { [stackTag]: args.stack }, args.region);
    },
    putSubscription: (topicArn, queueArn, attributes) => {
      kept.add(subscriptionKey(topicArn, queueArn));
      return putSubscription(sns, persistence, topicArn, queueArn, attributes);
    },
    putBucket: (name) => s3.createBucket(name),
    removeOrphans: (drop, only = kept) => removeOrphans(sqs, sns, args.stack, only, drop),
    requireEmptyOrphans: (only) => refuseToLoseMessages(queuesOf(sqs, args.stack).filter(({ arn }) => !only.has(arn))),
    findSubscription: (topicArn, queueArn) => findSubscription(sns, topicArn, queueArn)?.arn,
    stop: async () => {
      await app.close();
      persistence.close();
    },
  };
}

function openDatabase(open: () => Persistence, state: string, urlPrefix: string): Persistence {
  return openDatabaseFile(join(state, "fauxqs.db"), () => {
    const persistence = open();
    // Without an fsync at each commit: safe against kill -9, not against a power cut.
    persistence.db.exec("PRAGMA synchronous = NORMAL");
    persistence.db.exec("UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL");
    persistence.db.prepare("UPDATE sqs_queues SET url = ? || name").run(urlPrefix);
    // fauxqs 2.4.1 writes NULL into approximate_receive_count, which is NOT NULL, after it forgot the message.
    const ready = persistence.db.prepare(
      "UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = ?",
    );
    persistence.updateMessageReady = (messageId) => void ready.run(messageId);
    // fauxqs' own ROLLBACK would hide the error when the disk is full.
    persistence.transaction = (act) => inTransaction(persistence.db, act);
    return persistence;
  });
}

/** A move to a dead-letter queue deletes and inserts: in one transaction, so that a kill in between loses nothing. */
function makeReceivesAtomic(prototype: Queue): void {
  if (atomic.has(prototype)) return; // a process may start it again: a transaction inside a transaction is refused
  atomic.add(prototype);
  const dequeue = prototype.dequeue;
  prototype.dequeue = function (this: Queue, ...args: Parameters<Queue["dequeue"]>) {
    if (this.persistence === undefined) return dequeue.apply(this, args);
    let received: { ReceiptHandle: string }[] = [];
    this.persistence.transaction(() => {
      received = dequeue.apply(this, args);
    });
    return received;
  };
}

const atomic = new WeakSet<Queue>();

function putSubscription(
  sns: SnsStore,
  persistence: Persistence,
  topicArn: string,
  queueArn: string,
  attributes: Record<string, string>,
): string {
  const existing = findSubscription(sns, topicArn, queueArn);
  if (existing === undefined) {
    const made = sns.subscribe(topicArn, "sqs", queueArn, attributes);
    if (made === undefined) throw new Error(`there is no topic ${topicArn}`);
    return made.arn;
  }
  existing.attributes = attributes;
  delete existing.parsedFilterPolicy; // fauxqs keeps the parsed filter of the old policy
  persistence.updateSubscriptionAttributes(existing.arn, attributes);
  return existing.arn;
}

/** What `removeOrphans` keeps a subscription by; queues and topics are kept by their ARNs. */
export const subscriptionKey = (topicArn: string, queueArn: string): string => `${topicArn} ${queueArn}`;

const findSubscription = (sns: SnsStore, topicArn: string, queueArn: string) =>
  [...sns.subscriptions.values()].find((one) => one.topicArn === topicArn && one.endpoint === queueArn);

const queuesOf = (sqs: SqsStore, stack: string): Queue[] =>
  [...sqs.allQueues()].filter((queue) => queue.tags.get(stackTag) === stack);

function removeOrphans(
  sqs: SqsStore,
  sns: SnsStore,
  stack: string,
  kept: ReadonlySet<string>,
  drop: boolean,
): string[] {
  const removed: string[] = [];
  const queues = queuesOf(sqs, stack);
  const ours = new Set(queues.map((queue) => queue.arn));
  const orphans = queues.filter((queue) => !kept.has(queue.arn));
  if (!drop) refuseToLoseMessages(orphans);
  for (const { arn: subscription, topicArn, endpoint } of [...sns.subscriptions.values()]) {
    if (ours.has(endpoint) && !kept.has(subscriptionKey(topicArn, endpoint))) sns.unsubscribe(subscription);
  }
  for (const topic of [...sns.topics.values()]) {
    if (topic.tags.get(stackTag) !== stack || kept.has(topic.arn)) continue;
    sns.deleteTopic(topic.arn);
    removed.push(topic.arn);
  }
  for (const queue of orphans) {
    sqs.deleteQueue(queue.url);
    removed.push(queue.arn);
  }
  return removed;
}

/** Queues that have left the program hold messages. */
export class MessagesWouldBeLost extends LocalCloudError {}

function refuseToLoseMessages(orphans: readonly Queue[]): void {
  const counted = orphans
    .map(({ name, messages, delayedMessages, inflightMessages }) => ({
      name,
      count: messages.length + delayedMessages.length + inflightMessages.size,
    }))
    .filter(({ count }) => count > 0)
    .map(({ name, count }) => `  ${name} holds ${count === 1 ? "a message" : `${count} messages`}`);
  if (counted.length === 0) return;
  throw new MessagesWouldBeLost(
    `The program no longer has these queues, and their messages would go with them:\n${counted.join("\n")}\n` +
      "Put their consumers back into the stack's config and let them finish, or start with --drop to lose the messages.",
  );
}
