import { expect } from "chai";
import { createHash } from "node:crypto";
import * as z from "zod";
import { cloudEvent } from "../../contracts/cloud-event.ts";
import { OrderPlaced } from "../../contracts/events.ts";
import { OUTBOX_SHARDS } from "../../contracts/outbox.ts";
import relayOutbox from "../../handlers/relay-outbox.ts";
import { runScheduled } from "../../runtime/lambda/run-scheduled.ts";
import { scripted, type Answer } from "../support/calls.ts";
import { captured } from "../support/captured.ts";
import { clock, emitting, placedData, variables } from "../support/lambda.ts";

const [QUERY, READ, PUBLISH, CLEAR] = [
  "dynamodb.Query",
  "dynamodb.BatchGetItem",
  "sns.PublishBatch",
  "dynamodb.BatchWriteItem",
] as const;
const env = variables({ NAME: "relay", RESOURCES: '{"orders":"orders"}', RELAY_AFTER_SECONDS: "60", ...emitting });
const at = "2026-11-01T12:00:00.000Z";
const keyOf = (orderId: string) => ({ orderId, entry: "event#order.placed" });
const eventOf = (orderId: string) => cloudEvent(OrderPlaced, orderId, "/order-fanout/test", at, placedData);
const mark = (orderId: string) => ({ ...keyOf(orderId), outboxShard: "0", outboxSince: at });
const group = (orderId: string) => createHash("sha256").update(orderId).digest("hex").slice(0, 32);
const item = (orderId: string) => ({
  ...mark(orderId),
  event: eventOf(orderId),
  at,
  correlationId: `c-${orderId}`,
  group: group(orderId),
});
const found = (...items: object[]): Answer => ({ Responses: { orders: items } });
/** What each shard has, from shard 0 on. */
const shards = (...marks: object[][]): Answer[] =>
  Array.from({ length: OUTBOX_SHARDS }, (_, at) => ({ Items: marks[at] ?? [] }));
const nothing: Answer = { Items: [] };
const queries = (count = OUTBOX_SHARDS) => Array.from({ length: count }, () => QUERY);
const taken = (count: number): Answer => ({
  Successful: Array.from({ length: count }, (_, index) => ({ Id: String(index) })),
});
const down = Object.assign(new Error("down"), { name: "TimeoutError" });

const Batch = z.object({
  TopicArn: z.string(),
  PublishBatchRequestEntries: z.array(
    z.object({
      Id: z.string(),
      Message: z.string().transform((text): unknown => JSON.parse(text)),
      MessageGroupId: z.string(),
      MessageAttributes: z.record(z.string(), z.object({ DataType: z.literal("String"), StringValue: z.string() })),
    }),
  ),
});

/** One run of the relay: what was called, and whether Lambda has to run it again. */
async function relay(script: Record<string, Answer[]>) {
  const { calls, asked, inputs } = scripted(script);
  const { result, metrics } = await captured(() =>
    runScheduled(
      relayOutbox,
      env,
      calls,
    )({}, { ...clock(), awsRequestId: "run-1" }).then(
      () => "done",
      (error: unknown) => (error instanceof Error ? error.message : "no Error"),
    ),
  );
  const ages = metrics.flatMap((line) => line["OldestUnpublishedSeconds"] ?? []);
  return { result, asked, inputs, ages };
}
const FAILED = (calls: number) => `${calls} calls failed; their events keep their marks for the next run`;

describe("the relay", () => {
  it("asks each shard for its oldest marks, and is done where there are none", async () => {
    const { result, asked, inputs, ages } = await relay({ [QUERY]: shards() });
    expect([result, asked, ages]).to.deep.equal(["done", queries(), [0]]);
    const before = z.array(z.object({ ExpressionAttributeValues: z.object({ ":before": z.iso.datetime() }) }));
    const times = before.parse(inputs(QUERY)).map(({ ExpressionAttributeValues: values }) => values[":before"]);
    expect(inputs(QUERY)).to.deep.equal(
      times.map((time, shard) => ({
        TableName: "orders",
        IndexName: "outbox",
        KeyConditionExpression: "outboxShard = :shard AND outboxSince < :before",
        ExpressionAttributeValues: { ":shard": String(shard), ":before": time },
        Limit: 100,
        ExclusiveStartKey: undefined,
      })),
    );
  });

  it("publishes what is marked, takes off the marks, and looks again until nothing is left", async () => {
    const { result, asked, inputs } = await relay({
      [QUERY]: [...shards([mark("a"), mark("b")]), nothing],
      [READ]: [found(item("a"), item("b"))],
      [PUBLISH]: [taken(2)],
      [CLEAR]: [{}],
    });
    const text = (StringValue: string) => ({ DataType: "String", StringValue });
    expect([result, asked]).to.deep.equal(["done", [...queries(), READ, PUBLISH, CLEAR, QUERY]]);
    expect(Batch.array().parse(inputs(PUBLISH))).to.deep.equal([
      {
        TopicArn: emitting.TOPIC_ARN,
        PublishBatchRequestEntries: ["a", "b"].map((orderId, index) => ({
          Id: String(index),
          Message: eventOf(orderId),
          MessageGroupId: group(orderId),
          MessageAttributes: { type: text("order.placed"), correlationId: text(`c-${orderId}`) },
        })),
      },
    ]);
  });

  it("works the shards side by side: one that waits for its answer holds up no other", async () => {
    const answered = Promise.withResolvers<Record<string, unknown>>();
    const second = Promise.withResolvers<Record<string, unknown>>();
    const { result, asked } = await relay({
      [QUERY]: [...shards([mark("a")], [mark("b")]), nothing, nothing],
      [READ]: [
        () => answered.promise, // answered only once the other shard's events are out
        () => Promise.resolve({ Responses: { orders: [item("b")] } }),
      ],
      [PUBLISH]: [
        () => {
          answered.resolve({ Responses: { orders: [item("a")] } });
          return second.promise;
        },
        () => {
          second.resolve({ Successful: [{ Id: "0" }] });
          return second.promise;
        },
      ],
      [CLEAR]: [{}, {}],
    });
    expect(result).to.equal("done");
    expect(asked.filter((name) => name !== QUERY)).to.have.members([READ, READ, PUBLISH, PUBLISH, CLEAR, CLEAR]);
  });

  it("makes at most half a call per event beside its clearing", async () => {
    const ids = Array.from({ length: 100 }, (_, index) => `order-${index}`);
    const { result, asked } = await relay({
      [QUERY]: [...shards(ids.map(mark)), nothing],
      [READ]: [found(...ids.map(item))],
      [PUBLISH]: ids.slice(0, 10).map(() => taken(10)),
      [CLEAR]: ids.slice(0, 10).map(() => ({})),
    });
    const calls = asked.length - OUTBOX_SHARDS; // asking the idle shards costs the same, however many events there are
    expect([result, calls]).to.deep.equal(["done", 1 + 10 + 10 + 1]);
  });

  it("reads one page of a shard at a time, however many follow: a backlog is not read again and again", async () => {
    const more = (orderId: string): Answer => ({ Items: [mark(orderId)], LastEvaluatedKey: keyOf(orderId) });
    const { result, asked } = await relay({
      [QUERY]: [more("a"), ...shards().slice(1), nothing],
      [READ]: [found(item("a"))],
      [PUBLISH]: [taken(1)],
      [CLEAR]: [{}],
    });
    expect([result, asked.filter((name) => name === QUERY)]).to.deep.equal(["done", queries(OUTBOX_SHARDS + 1)]);
  });

  it("rejects when a shard cannot be read, after it has published what the others have; its age is unknown", async () => {
    const { result, asked, ages } = await relay({
      [QUERY]: [down, ...shards([mark("a")]).slice(0, -1), nothing],
      [READ]: [found(item("a"))],
      [PUBLISH]: [taken(1)],
      [CLEAR]: [{}],
    });
    expect(asked.filter((name) => name !== QUERY)).to.deep.equal([READ, PUBLISH, CLEAR]);
    expect([result, ages]).to.deep.equal([FAILED(1), []]);
  });

  it("rejects when SNS cannot be reached, and takes off no mark", async () => {
    const { result, asked } = await relay({
      [QUERY]: shards([mark("a")]),
      [READ]: [found(item("a"))],
      [PUBLISH]: [down],
    });
    expect([result, asked]).to.deep.equal([FAILED(1), [...queries(), READ, PUBLISH]]);
  });

  it("publishes nothing whose mark is gone by now: the index is read late", async () => {
    const published = { ...keyOf("a"), event: eventOf("a"), at, correlationId: "c-a" };
    const { result, asked } = await relay({ [QUERY]: shards([mark("a")]), [READ]: [found(published)] });
    expect([result, asked]).to.deep.equal(["done", [...queries(), READ]]);
  });
});
