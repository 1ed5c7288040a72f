import { SendMessageBatchCommand, SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { SQSEvent } from "aws-lambda";
import { expect } from "chai";
import { createHash } from "node:crypto";
import type { MappingArgs } from "../../../local/lambda/event-source-mapping.ts";
import type { Invocation } from "../../../local/lambda/execution-environment.ts";
import { createRequests } from "../../../local/lambda/requests.ts";
import type { Queue } from "../../../local/messaging/fauxqs.ts";
import type { Messaging } from "../../../local/messaging/server.ts";
import type { Part } from "../../../local/shared/parts.ts";
import { until } from "../../support/until.ts";
import { fakeFunctions } from "../support/functions.ts";
import { startTestMapping } from "../support/mapping.ts";
import { startMessaging, type StartedMessaging } from "../support/messaging.ts";

const region = "eu-west-1";

describe("an event source mapping", () => {
  let started: StartedMessaging;
  let messaging: Messaging;
  let sqs: SQSClient;
  before(async () => {
    started = await startMessaging(region);
    ({ messaging, sqs } = started);
  });
  after(() => started.stop());

  const map = (queue: Queue, invoke: (event: SQSEvent) => Invocation, over: Partial<MappingArgs> = {}): Promise<Part> =>
    startTestMapping(messaging, queue, { invoke, ...over });
  const done: Invocation = { ok: true, payload: "null" };
  const throttled: Invocation = { ok: false, errorType: "TooManyRequestsException", errorMessage: "no", trace: [] };

  it("hands a message to the function as SQS records are, with its attributes", async () => {
    const queue = messaging.putQueue("whole", { VisibilityTimeout: "30" });
    const received = Promise.withResolvers<SQSEvent>();
    const mapping = await map(queue, (event) => (received.resolve(event), done));
    const began = Date.now();
    const { MessageId } = await sqs.send(
      new SendMessageCommand({
        QueueUrl: queue.url,
        MessageBody: "the body",
        MessageAttributes: {
          correlationId: { DataType: "String", StringValue: "c-1" },
          seal: { DataType: "Binary", BinaryValue: new Uint8Array([1, 2, 255]) },
        },
      }),
    );
    const event = await received.promise;
    await mapping.stop();

    const [record] = event.Records;
    const { SentTimestamp = "", ApproximateFirstReceiveTimestamp = "" } = record?.attributes ?? {};
    expect(event).to.deep.equal({
      Records: [
        {
          messageId: MessageId,
          receiptHandle: record?.receiptHandle,
          body: "the body",
          attributes: {
            ApproximateReceiveCount: "1",
            SentTimestamp,
            SenderId: record?.attributes.SenderId,
            ApproximateFirstReceiveTimestamp,
          },
          messageAttributes: {
            correlationId: { stringValue: "c-1", stringListValues: [], binaryListValues: [], dataType: "String" },
            seal: { binaryValue: "AQL/", stringListValues: [], binaryListValues: [], dataType: "Binary" },
          },
          md5OfBody: createHash("md5").update("the body").digest("hex"),
          eventSource: "aws:sqs",
          eventSourceARN: queue.arn,
          awsRegion: region,
        },
      ],
    });
    expect(record?.receiptHandle).to.match(/./);
    for (const time of [SentTimestamp, ApproximateFirstReceiveTimestamp]) {
      expect(Number(time)).to.be.within(began, Date.now());
    }
  });

  /** The receive counts of the messages as they were handed over, until one was not throttled. */
  async function receives(name: string, attributes: Record<string, string>, speed: number, admits: Admits) {
    const queue = messaging.putQueue(name, attributes);
    const counts: number[] = [];
    const admitted = Promise.withResolvers<void>();
    const invoke = ({ Records: [record] }: SQSEvent): Invocation => {
      counts.push(Number(record?.attributes.ApproximateReceiveCount));
      if (!admits(counts)) return throttled;
      admitted.resolve();
      return done;
    };
    const mapping = await map(queue, invoke, { speed });
    await sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: name }));
    await admitted.promise;
    await mapping.stop();
    return counts;
  }
  type Admits = (counts: readonly number[]) => boolean;

  it("tries a throttled batch again, which uses up no receive within its visibility timeout", async () => {
    const counts = await receives("patient", { VisibilityTimeout: "36000" }, 10, ({ length }) => length === 3);
    expect(counts).to.deep.equal([1, 1, 1]);
  });

  it("drops a throttled batch when its visibility timeout is over: it comes again, received once more", async () => {
    const counts = await receives("dropped", { VisibilityTimeout: "30" }, 100, (counts) => counts.at(-1) === 2);
    expect(counts.slice(-2)).to.deep.equal([1, 2]);
  });

  it("has fewer batches at the same time while they are throttled", async () => {
    const queue = messaging.putQueue("fewer", { VisibilityTimeout: "30" });
    const inFlight: number[] = [];
    const invoke = () => (inFlight.push(queue.inflightMessages.size), throttled);
    const Entries = Array.from({ length: 10 }, (_, index) => ({ Id: String(index), MessageBody: "x" }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));
    const mapping = await map(queue, invoke, { speed: 100, batchSize: 1, maximumConcurrency: 4 });
    await until("one batch at a time", () => inFlight.at(-1) === 1);
    await mapping.stop();
    // Later figures may count a message whose visibility has just ended.
    expect(inFlight.slice(0, 4)).to.deep.equal([1, 2, 3, 4]);
  });

  it("gives way to requests beside each other: it takes in one batch what has come when they are answered", async () => {
    const queue = messaging.putQueue("patient-batch", { VisibilityTimeout: "600" });
    const sizes: number[] = [];
    const requests = createRequests({ mostMs: 600_000 });
    const mapping = await map(queue, ({ Records }) => (sizes.push(Records.length), done), { requests });
    const answers = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const tracked = answers.map(({ promise }) => requests.track(promise));
    const sendOne = () => sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: "m" }));
    await sendOne();
    answers[0].resolve();
    await tracked[0];
    await sendOne();
    const before = [...sizes];
    answers[1].resolve();
    await until("the batch is done", () => sizes.length === 1);
    await sendOne();
    await until("nothing is in its way any more", () => sizes.length === 2);
    await mapping.stop();

    expect([before, sizes]).to.deep.equal([[], [2, 1]]);
  });

  it("gives way to a request that follows another one's answer, and takes what has come when none has followed it", async () => {
    const queue = messaging.putQueue("followed", { VisibilityTimeout: "600" });
    const sizes: number[] = [];
    const requests = createRequests({ mostMs: 600_000, followsMs: 600_000 });
    const mapping = await map(queue, ({ Records }) => (sizes.push(Records.length), done), { requests });
    const sendOne = () => sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: "m" }));
    await requests.track(Promise.resolve());
    const second = Promise.withResolvers<void>();
    const tracked = requests.track(second.promise);
    await sendOne();
    await sendOne();
    const before = [...sizes];
    second.resolve();
    await tracked;
    await until("the batch is done", () => sizes.length === 1);
    await mapping.stop();

    expect([before, sizes]).to.deep.equal([[], [2]]);
  });

  it("gives way also in the moment after an answer, in which the next request may be on its way", async () => {
    const requests = createRequests({ mostMs: 600_000 });
    const answers = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const tracked = answers.map(({ promise }) => requests.track(promise));
    for (const { resolve } of answers) resolve();
    await Promise.all(tracked);
    const [answered, resumed] = [requests.giveWayMs(), Promise.withResolvers<number>()];
    requests.onQuiet(() => resumed.resolve(requests.giveWayMs()));
    expect([answered, await resumed.promise]).to.deep.equal([600_000, 0]);
  });

  it("gives way for a moment alone, not to a lone request, and not with a full batch", async () => {
    const over = (name: string, mostMs: number, underWay = 2) => {
      const queue = messaging.putQueue(name, { VisibilityTimeout: "600" });
      const sizes: number[] = [];
      const requests = createRequests({ mostMs });
      for (let count = 0; count < underWay; count++) void requests.track(new Promise(() => undefined));
      const mapping = map(queue, ({ Records }) => (sizes.push(Records.length), done), { requests });
      return { queue, sizes, mapping };
    };
    const [short, full, lone] = [over("short", 1), over("full", 600_000), over("lone", 600_000, 1)];
    const Entries = Array.from({ length: 10 }, (_, index) => ({ Id: String(index), MessageBody: "m" }));
    for (const { queue } of [short, lone])
      await sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: "m" }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: full.queue.url, Entries }));
    const all = [short, full, lone];
    await until("each has its batch", () => all.every(({ sizes }) => sizes.length === 1));
    for (const { mapping } of all) await (await mapping).stop();

    expect(all.map(({ sizes }) => sizes)).to.deep.equal([[1], [10], [1]]);
  });

  it("rests while a message waits for the batch under way, or for its window", async () => {
    const answer = Promise.withResolvers<Invocation>();
    const functions = fakeFunctions({ invoke: () => answer.promise });
    const [busy, open] = ["busy", "open"].map((name) => messaging.putQueue(name, { VisibilityTimeout: "600" }));
    if (!busy || !open) throw new Error("two queues were put");
    const mappings = [
      await map(busy, () => done, { functions, batchSize: 1 }),
      await map(open, () => done, { windowSeconds: 300 }),
    ];
    const send = ({ url: QueueUrl }: Queue) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }));
    await send(busy);
    await until("its batch is under way", () => busy.inflightMessages.size === 1);
    await Promise.all([send(busy), send(open)]);
    const looks = new Map([busy, open].map((queue) => [queue.name, 0]));
    for (const queue of [busy, open]) {
      const processTimers = queue.processTimers.bind(queue);
      queue.processTimers = () => {
        looks.set(queue.name, (looks.get(queue.name) ?? 0) + 1);
        processTimers();
      };
    }
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    const [looked, waiting] = [[...looks.values()], [busy, open].map(({ messages }) => messages.length)];
    answer.resolve(done);
    await until("the second follows the first", () => busy.messages.length === 0);
    await Promise.all(mappings.map((mapping) => mapping.stop()));

    // At most the one look that the message itself has asked for.
    expect(looked.filter((count) => count > 1)).to.deep.equal([]);
    expect(waiting).to.deep.equal([1, 1]);
  });
});
