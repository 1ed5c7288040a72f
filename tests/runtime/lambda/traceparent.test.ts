import { expect } from "chai";
import * as z from "zod";
import { OUTBOX_SHARDS } from "../../../contracts/outbox.ts";
import { cloudEvent } from "../../../contracts/cloud-event.ts";
import { OrderConfirmed, OrderPlaced } from "../../../contracts/events.ts";
import relayOutbox from "../../../handlers/relay-outbox.ts";
import { consumer, route, table } from "../../../runtime/index.ts";
import { consume } from "../../../runtime/lambda/consume.ts";
import { runScheduled } from "../../../runtime/lambda/run-scheduled.ts";
import { serve } from "../../../runtime/lambda/serve.ts";
import { scripted, type Answer } from "../../support/calls.ts";
import { quietly } from "../../support/captured.ts";
import {
  clock,
  emitting,
  failures,
  httpEvent,
  placedBody,
  placedData,
  record,
  variables,
} from "../../support/lambda.ts";

const orderId = "0b5e0f0c-1111-8222-9333-444455556666";
const env = variables({ RESOURCES: '{"orders":"orders"}', RELAY_AFTER_SECONDS: "60", ...emitting });
const [COMMIT, PUBLISH, CLEAR] = [
  "dynamodb.TransactWriteItems",
  "sns.PublishBatch",
  "dynamodb.BatchWriteItem",
] as const;
const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const uses = { orders: table("put") };

const placing = route({
  module: import.meta,
  scopes: "public",
  emits: [OrderPlaced],
  uses,
  handle: async (_request, { emit, transact }) => {
    await transact([emit(OrderPlaced, orderId, placedData)]);
    return { statusCode: 201 };
  },
});
const confirming = consumer({
  module: import.meta,
  on: [OrderPlaced],
  emits: [OrderConfirmed],
  uses,
  handle: async (event, { emit, transact }) => {
    await transact([emit(OrderConfirmed, event.subject, event.data)]);
  },
});

const Attribute = z.object({ StringValue: z.string() });
const Attributes = z.object({ correlationId: Attribute, traceparent: Attribute.optional() });
const Stored = z.object({
  TransactItems: z.tuple([z.object({ Put: z.object({ Item: z.object({ traceparent: z.string().optional() }) }) })]),
});
const Published = z.object({ MessageAttributes: Attributes });
const Batch = z.object({ PublishBatchRequestEntries: z.array(Published) });

/** The trace context of the one event that a function has stored, and published. */
async function carried(run: (calls: ReturnType<typeof scripted>["calls"]) => Promise<unknown>) {
  const { calls, inputs } = scripted({ [COMMIT]: [{}], [PUBLISH]: [{ Successful: [{ Id: "0" }] }], [CLEAR]: [{}] });
  await quietly(() => run(calls));
  const [stored] = Stored.array().parse(inputs(COMMIT));
  const [published] = Batch.array().parse(inputs(PUBLISH))[0]?.PublishBatchRequestEntries ?? [];
  return {
    stored: stored?.TransactItems[0].Put.Item.traceparent,
    published: published?.MessageAttributes.traceparent?.StringValue,
  };
}

const requested = (headers: Record<string, string>) =>
  carried((calls) => serve(placing, env, calls)(httpEvent({ headers }), clock()));
const delivered = (attributes: Record<string, string>) =>
  carried(async (calls) => {
    const event = { Records: [record("m-1", placedBody(orderId), attributes)] };
    expect(await consume(confirming, env, calls)(event, clock())).to.deep.equal(failures());
  });

describe("a trace context (traceparent)", () => {
  it("goes from a request to the event that it emits", async () => {
    expect(await requested({ traceparent })).to.deep.equal({ stored: traceparent, published: traceparent });
  });

  it("goes from a message to the event that its consumer emits", async () => {
    expect(await delivered({ traceparent, correlationId: "c-1" })).to.deep.equal({
      stored: traceparent,
      published: traceparent,
    });
  });

  it("is left out where there was none", async () => {
    const none = { stored: undefined, published: undefined };
    expect([await requested({}), await delivered({ correlationId: "c-1" })]).to.deep.equal([none, none]);
  });

  const bad: Record<string, string> = {
    "is empty": "",
    "has another version": traceparent.replace(/^00/, "01"),
    "is in upper case": traceparent.toUpperCase(),
    "is too short": traceparent.slice(0, -1),
    "is followed by more": `${traceparent}-00`,
    "follows a line": `x\n${traceparent}`,
    "is another's text": "ada@example.com",
  };
  for (const [what, text] of Object.entries(bad)) {
    it(`is dropped where it ${what}`, async () => {
      expect(await requested({ traceparent: text })).to.deep.equal({ stored: undefined, published: undefined });
    });
  }

  it("is kept when the relay publishes the event", async () => {
    const at = "2026-11-01T12:00:00.000Z";
    const key = { orderId, entry: "event#order.placed" };
    const event = cloudEvent(OrderPlaced, orderId, "/order-fanout/test", at, placedData);
    const item = { ...key, event, at, correlationId: "c-1", traceparent, outboxShard: "0", outboxSince: at };
    const none: Answer = { Items: [] };
    const { calls, inputs } = scripted({
      "dynamodb.Query": [
        { Items: [{ ...key, outboxSince: at }] },
        ...Array.from({ length: OUTBOX_SHARDS }, () => none),
      ],
      "dynamodb.BatchGetItem": [{ Responses: { orders: [item] } }],
      "sns.PublishBatch": [{ Successful: [{ Id: "0" }] }],
      [CLEAR]: [{}],
    });
    await quietly(() => runScheduled(relayOutbox, env, calls)({}, { ...clock(), awsRequestId: "run-1" }));
    const [batch] = Batch.array().parse(inputs("sns.PublishBatch"));
    expect(batch?.PublishBatchRequestEntries.map((entry) => entry.MessageAttributes.traceparent)).to.deep.equal([
      { StringValue: traceparent },
    ]);
  });
});
