import { GetCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { expect } from "chai";
import { createHash, randomUUID } from "node:crypto";
import * as z from "zod";
import { OrderConfirmed, OrderPlaced } from "../../../contracts/events.ts";
import { consumer, table } from "../../../runtime/index.ts";
import { consume } from "../../../runtime/lambda/consume.ts";
import { documentClient } from "../../../runtime/ports/clients.ts";
import { onDatabase } from "../../support/calls.ts";
import { captured, quietly } from "../../support/captured.ts";
import { clock, failures, placedBody, record } from "../../support/lambda.ts";
import { useWorlds } from "../../support/world/world.ts";

/** A consumer with no condition of its own: what keeps a second delivery from a second event is the outbox alone. */
const careless = consumer({
  module: import.meta,
  on: [OrderPlaced],
  emits: [OrderConfirmed],
  uses: { orders: table("update") },
  handle: async ({ subject, data }, { orders, emit, transact }) => {
    const count = orders.update({
      Key: { orderId: subject, entry: "count" },
      UpdateExpression: "ADD deliveries :one",
      ExpressionAttributeValues: { ":one": 1 },
    });
    await transact([count, emit(OrderConfirmed, subject, data)]);
  },
});
const Event = z.object({ id: z.string() });
const Message = z.object({
  Message: z.string().transform((text) => Event.parse(JSON.parse(text))),
  MessageGroupId: z.string(),
});
const Published = z
  .array(z.object({ PublishBatchRequestEntries: z.array(Message) }))
  .transform((calls) => calls.flatMap(({ PublishBatchRequestEntries: entries }) => entries));
const taken = { Successful: [{ Id: "0" }] };

describe("the outbox on a real table", () => {
  const worlds = useWorlds();

  it("takes each event of a subject once: its second delivery changes nothing and publishes nothing", async () => {
    const orderId = randomUUID();
    const { stack } = worlds.create();
    const env = stack.consumers.get("inventory")?.environment ?? {};
    const { calls, inputs } = onDatabase({ "sns.PublishBatch": [taken, taken] });
    const stored = async () => {
      const query = new QueryCommand({
        TableName: stack.names.orders,
        KeyConditionExpression: "orderId = :id",
        ExpressionAttributeValues: { ":id": orderId },
        ConsistentRead: true,
      });
      return (await documentClient(calls).send(query)).Items;
    };
    const deliver = (id: string) =>
      quietly(() => consume(careless, env, calls)({ Records: [record(id, placedBody(orderId))] }, clock()));

    expect(await deliver("m-1")).to.deep.equal(failures());
    const once = await stored();
    expect(once?.map(({ entry }: Record<string, unknown>) => entry)).to.deep.equal(["count", "event#order.confirmed"]);
    expect(await deliver("m-2")).to.deep.equal(failures());
    expect(await stored()).to.deep.equal(once);
    const published = Published.parse(inputs("sns.PublishBatch"));
    expect(published.map(({ Message: { id } }) => id)).to.deep.equal([`${orderId}/order.confirmed`]);
  });

  it("publishes in the group of the customer, whom no queue shows, keeps it for the relay, and counts the event", async () => {
    const orderId = randomUUID();
    const { stack } = worlds.create();
    const env = stack.consumers.get("inventory")?.environment ?? {};
    const { calls, inputs } = onDatabase({ "sns.PublishBatch": [new Error("down")] });
    const { metrics } = await captured(() =>
      consume(careless, env, calls)({ Records: [record("m-1", placedBody(orderId))] }, clock()),
    );

    const group = createHash("sha256").update("c-1").digest("hex").slice(0, 32);
    const published = Published.parse(inputs("sns.PublishBatch"));
    expect(published.map(({ MessageGroupId }) => MessageGroupId)).to.deep.equal([group]);
    const Key = { orderId, entry: "event#order.confirmed" };
    const { Item } = await documentClient(calls).send(new GetCommand({ TableName: stack.names.orders, Key }));
    expect(Item).to.deep.include({ group });
    expect(metrics).to.deep.include({ source: env["EVENT_SOURCE"], event: "order.confirmed", Emitted: 1 });
  });
});
