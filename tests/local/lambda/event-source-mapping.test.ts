import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { SQSEvent } from "aws-lambda";
import { expect } from "chai";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFaults } from "../../../local/endpoint/faults.ts";
import { start as startMapping } from "../../../local/lambda/event-source-mapping.ts";
import { start as startMessaging, type Messaging } from "../../../local/messaging/server.ts";
import { fakeFunctions } from "../support/functions.ts";

const region = "eu-west-1";

describe("an event source mapping", () => {
  let state: string;
  let messaging: Messaging;
  let server: Server;
  let sqs: SQSClient;
  before(async () => {
    state = await mkdtemp(join(tmpdir(), "order-fanout-mapping-"));
    messaging = await startMessaging({ state, stack: "test", region, endpointPort: 1 });
    server = createServer((request, response) => messaging.app.routing(request, response)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const endpoint = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
    sqs = new SQSClient({ region, endpoint, credentials: { accessKeyId: "test", secretAccessKey: "test" } });
  });
  after(async () => {
    sqs.destroy();
    server.close();
    await messaging.stop();
    await rm(state, { recursive: true, force: true });
  });

  it("hands a message to the function as SQS records are, with its attributes", async () => {
    const queue = messaging.putQueue("whole", { VisibilityTimeout: "30" });
    const received = Promise.withResolvers<SQSEvent>();
    const functions = fakeFunctions({
      invoke: async (_name, event) => {
        received.resolve(event as SQSEvent);
        return { ok: true, payload: "null" };
      },
    });
    const mapping = await startMapping({
      queueArn: queue.arn,
      functionName: "consumer",
      batchSize: 10,
      windowSeconds: 0,
      reportBatchItemFailures: true,
      maximumConcurrency: 1,
      messaging,
      functions,
      deliveries: { entries: [], append: () => undefined },
      faults: createFaults(),
      region,
      speed: 1,
    });
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
});
