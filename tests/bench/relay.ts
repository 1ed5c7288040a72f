import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { randomUUID } from "node:crypto";
import { cloudEvent } from "../../contracts/cloud-event.ts";
import { OrderPlaced } from "../../contracts/events.ts";
import { ordersOutboxKey } from "../../contracts/orders-table.ts";
import { OUTBOX_INDEX, OUTBOX_SHARDS, shardOf } from "../../contracts/outbox.ts";
import relayOutbox from "../../handlers/relay-outbox.ts";
import { start } from "../../local/dynamodb/server.ts";
import { runScheduled } from "../../runtime/lambda/run-scheduled.ts";
import type { Call, Calls } from "../../runtime/ports/calls.ts";
import { quietly } from "../support/captured.ts";
import { emitting, placedData, variables } from "../support/lambda.ts";
import * as z from "zod";
import { defineBench, wholeNumber } from "./shared/bench.ts";

export default defineBench({
  summary: "how fast the relay drains the outbox, with some time added to each call to AWS",
  flags: z.strictObject({
    events: wholeNumber("marks in the outbox", 2_000),
    ms: wholeNumber("milliseconds added to each call", 20, 0),
  }),
  run: async ({ events, ms }) => {
    const state = await mkdtemp(join(tmpdir(), "order-fanout-relay-"));
    const database = await start({ state, say: () => {} });
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_DYNAMODB: database.endpoint.href,
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
    });

    await database.call("CreateTable", {
      TableName: "orders",
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: key("orderId", "entry"),
      AttributeDefinitions: ["orderId", "entry", "outboxShard", "outboxSince"].map((AttributeName) => ({
        AttributeName,
        AttributeType: "S",
      })),
      GlobalSecondaryIndexes: [
        {
          IndexName: OUTBOX_INDEX,
          KeySchema: key("outboxShard", "outboxSince"),
          Projection: { ProjectionType: "KEYS_ONLY" },
        },
      ],
    });

    const since = new Date(Date.now() - 3_600_000).toISOString();
    for (let start = 0; start < events; start += 25) {
      const puts = Array.from({ length: Math.min(25, events - start) }, () => {
        const orderId = randomUUID();
        const event = cloudEvent(OrderPlaced, orderId, "/order-fanout/bench", since, placedData);
        const item = {
          orderId,
          entry: `${ordersOutboxKey.sortKeyPrefix}${OrderPlaced.type}`,
          at: since,
          correlationId: orderId,
          outboxShard: shardOf(orderId),
          outboxSince: since,
        };
        const Item = Object.fromEntries(Object.entries(item).map(([name, S]) => [name, { S }]));
        return { PutRequest: { Item: { ...Item, event: attribute(event) } } };
      });
      await database.call("BatchWriteItem", { RequestItems: { orders: puts } });
    }

    const counts = new Map<string, number>();
    const published = new Set<string>();
    const calls: Calls = async <T>({ service, operation, input }: Call, perform: () => Promise<T>): Promise<T> => {
      counts.set(`${service} ${operation}`, (counts.get(`${service} ${operation}`) ?? 0) + 1);
      await sleep(ms);
      if (service !== "sns") return perform();
      const { PublishBatchRequestEntries: entries } = input as {
        PublishBatchRequestEntries: { Id: string; Message: string }[];
      };
      for (const { Message } of entries) published.add(Message);
      return { output: { $metadata: {}, Successful: entries.map(({ Id }) => ({ Id })) }, response: {} } as T;
    };

    const run = runScheduled(
      relayOutbox,
      variables({ NAME: "relay", RESOURCES: '{"orders":"orders"}', RELAY_AFTER_SECONDS: "30", ...emitting }),
      calls,
    );
    const began = performance.now();
    await quietly(() => run({}, { getRemainingTimeInMillis: () => 600_000, awsRequestId: "bench" }));
    const seconds = (performance.now() - began) / 1_000;
    if (published.size !== events) throw new Error(`${published.size} of ${events} events were published`);

    await database.stop();
    await rm(state, { recursive: true, force: true });

    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const clears = counts.get("dynamodb BatchWriteItem") ?? 0;
    const perEvent = (count: number) => (count / events).toFixed(3);
    return {
      title: `${events} events, ${ms} ms added to each call, ${OUTBOX_SHARDS} shards: drained in ${seconds.toFixed(2)} s, ${Math.round(events / seconds)} a second`,
      table: [
        ["call", "calls", "an event"],
        ...[...counts].sort().map(([name, count]) => [name, count, perEvent(count)]),
      ],
      notes: [`${perEvent(total)} calls an event, ${perEvent(total - clears)} beside its clearing`],
      figures: { events, addedMs: ms, seconds, calls: Object.fromEntries(counts) },
    };
  },
});

const key = (HASH: string, RANGE: string) => [
  { AttributeName: HASH, KeyType: "HASH" },
  { AttributeName: RANGE, KeyType: "RANGE" },
];
/** A value as DynamoDB writes it. */
function attribute(value: unknown): object {
  if (typeof value === "string") return { S: value };
  if (typeof value === "number") return { N: String(value) };
  if (Array.isArray(value)) return { L: value.map(attribute) };
  if (typeof value !== "object" || value === null) throw new Error(`no attribute of DynamoDB: ${typeof value}`);
  return { M: Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, attribute(inner)])) };
}
