import { QueryCommand } from "@aws-sdk/lib-dynamodb";
import { expect } from "chai";
import { OUTBOX_INDEX, OUTBOX_SHARDS } from "../../contracts/outbox.ts";
import { until } from "../support/until.ts";
import type { StackClient } from "./client.ts";

/** The relay runs each minute and takes what is older than 30 s: a mark that is older than this is stuck. */
const STUCK_MS = 180_000;

/** Its own orders' events lose their marks, and no mark of anybody's is stuck. */
export async function outbox(client: StackClient): Promise<undefined> {
  for (const orderId of client.orders) {
    await until(`the events of order ${orderId} are published`, async () =>
      (await client.items(orderId)).every((item) => !("outboxShard" in item)),
    );
  }
  const before = new Date(Date.now() - STUCK_MS).toISOString();
  const shards = Array.from({ length: OUTBOX_SHARDS }, (_, shard) => String(shard));
  const stuck = await Promise.all(shards.map((shard) => stuckIn(client, shard, before)));
  expect(
    stuck.reduce((sum, count) => sum + count),
    "events that have waited for 3 minutes",
  ).to.equal(0);
}

async function stuckIn(
  { target: { documents, outputs } }: StackClient,
  shard: string,
  before: string,
): Promise<number> {
  const { Count = 0 } = await documents.send(
    new QueryCommand({
      TableName: outputs.tables.orders,
      IndexName: OUTBOX_INDEX,
      KeyConditionExpression: "outboxShard = :shard AND outboxSince < :before",
      ExpressionAttributeValues: { ":shard": shard, ":before": before },
      Select: "COUNT",
    }),
  );
  return Count;
}
