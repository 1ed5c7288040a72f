import { expect } from "chai";
import { randomUUID } from "node:crypto";
import * as z from "zod";
import { cloudEvent } from "../../contracts/cloud-event.ts";
import { OrderConfirmed } from "../../contracts/events.ts";
import type { OrderStatus } from "../../contracts/order.ts";
import { contactKey, orderKey } from "../../contracts/orders-table.ts";
import shipment from "../../handlers/shipment.ts";
import { consume } from "../../runtime/lambda/consume.ts";
import { cancelled, scripted, type Answer } from "../support/calls.ts";
import { quietly } from "../support/captured.ts";
import { clock, emitting, failures, placedData, record, variables } from "../support/lambda.ts";
import { orderRequest, storedOrder } from "../support/orders.ts";
import { useWorlds } from "../support/world/world.ts";

const { orderId } = storedOrder;
const [LOAD, READ, COMMIT, PUBLISH, CLEAR, BOOK, CANCEL, GET] = [
  "dynamodb.BatchGetItem",
  "dynamodb.GetItem",
  "dynamodb.TransactWriteItems",
  "sns.PublishBatch",
  "dynamodb.BatchWriteItem",
  "https.POST",
  "https.DELETE",
  "ssm.GetParameter",
] as const;
const withCarrier = { SETTINGS: '{"url":"https://carrier.example/v1"}' };
const booked: Answer = { status: 201, body: { carrier: "World Express", trackingNumber: "WX-1", price: 5 } };
const Message = z.object({ Message: z.string().transform((text): unknown => JSON.parse(text)) });
const Published = z.array(z.object({ PublishBatchRequestEntries: z.array(Message) }));
const Committed = z.array(
  z.object({
    TransactItems: z.tuple(
      [z.object({ Update: z.object({ ExpressionAttributeValues: z.record(z.string(), z.unknown()) }) })],
      z.unknown(),
    ),
  }),
);

/** Delivers `order.confirmed` of an order that has this status by now. */
async function deliver(status: OrderStatus, own: Record<string, string>, script: Record<string, Answer[]> = {}) {
  const order = { ...storedOrder, ...orderKey(orderId), status };
  const { customer, shippingAddress } = orderRequest;
  const contact = { ...contactKey(orderId), customer, shippingAddress };
  const { calls, asked, inputs } = scripted({ [LOAD]: [{ Responses: { orders: [contact, order] } }], ...script });
  const env = variables({ NAME: "shipment", RESOURCES: '{"orders":"orders"}', ...emitting, ...own });
  const body = JSON.stringify(cloudEvent(OrderConfirmed, orderId, "/test", "2026-11-01T12:00:00.000Z", placedData));
  const event = { Records: [record("m-1", body)] };
  const answer = await quietly(() => consume(shipment, env, calls)(event, clock()));
  return { answer, asked, inputs };
}

describe("a shipment's booking", () => {
  it("tells the carrier all it needs: key, recipient, address and parcels", async () => {
    const commit = { [COMMIT]: [{}], [PUBLISH]: [{ Successful: [{ Id: "0" }] }], [CLEAR]: [{}] };
    const { answer, asked, inputs } = await deliver("confirmed", withCarrier, { [BOOK]: [booked], ...commit });

    expect([answer, asked]).to.deep.equal([failures(), [LOAD, BOOK, COMMIT, PUBLISH, CLEAR]]);
    expect(inputs(BOOK)).to.deep.equal([
      {
        url: "https://carrier.example/v1/shipments",
        headers: { "idempotency-key": orderId },
        body: {
          orderId,
          recipient: { name: "Ada Lovelace", phone: "+442071234567" },
          address: {
            line1: "12 St James's Sq",
            line2: "Flat 3",
            city: "London",
            postalCode: "SW1Y 4JH",
            countryCode: "GB",
          },
          parcels: [{ sku: "MUG-001", name: "Mug, as it was called then", quantity: 2 }],
        },
      },
    ]);
  });

  const withCredential = {
    SETTINGS: '{"url":"https://carrier.example/v1","credential":"carrier"}',
    RESOURCES: '{"orders":"orders","credential":"/order-fanout/dev/shipment/carrier"}',
  };
  const value = (Value: string): Answer => ({ Parameter: { Value } });
  const unauthorized: Answer = { status: 401, body: {} };
  const tokens = z.array(z.object({ headers: z.object({ authorization: z.string() }) }));
  /** The tokens that the carrier got. */
  const tokensOf = (asked: unknown) => tokens.parse(asked).map(({ headers }) => headers.authorization);

  it("carries the credential, and where the carrier refuses it, once more the one that is set by now", async () => {
    const script = {
      [BOOK]: [unauthorized, booked],
      [COMMIT]: [{}],
      [PUBLISH]: [{ Successful: [{ Id: "0" }] }],
      [CLEAR]: [{}],
    };
    const given = { ...script, [GET]: [value("old"), value("new")] };
    const { answer, asked, inputs } = await deliver("confirmed", withCredential, given);

    expect(answer).to.deep.equal(failures());
    expect(asked.slice(0, 5)).to.deep.equal([LOAD, GET, BOOK, GET, BOOK]);
    expect(tokensOf(inputs(BOOK))).to.deep.equal(["Bearer old", "Bearer new"]);
  });

  it("is tried later where the credential is still the one that the carrier refuses", async () => {
    const given = { [BOOK]: [unauthorized], [GET]: [value("old"), value("old")] };
    const { answer, asked } = await deliver("confirmed", withCredential, given);
    expect([answer, asked]).to.deep.equal([failures("m-1"), [LOAD, GET, BOOK, GET]]);
  });

  const lost = { [BOOK]: [booked], [COMMIT]: [cancelled("ConditionalCheckFailed", "None")] };

  it("stays when another delivery of the same event was faster", async () => {
    const now = { Item: { ...storedOrder, status: "shipping" } };
    const { answer, asked } = await deliver("confirmed", withCarrier, { ...lost, [READ]: [now] });
    expect([answer, asked]).to.deep.equal([failures(), [LOAD, BOOK, COMMIT, READ]]);
  });

  it("is cancelled when the customer has cancelled the order meanwhile", async () => {
    const now = { Item: { ...storedOrder, status: "cancelled" } };
    const script = { ...lost, [READ]: [now], [CANCEL]: [{ status: 204 }] };
    const { answer, asked, inputs } = await deliver("confirmed", withCarrier, script);
    expect([answer, asked]).to.deep.equal([failures(), [LOAD, BOOK, COMMIT, READ, CANCEL]]);
    expect(inputs(CANCEL)).to.deep.equal([
      { url: `https://carrier.example/v1/shipments/${orderId}`, headers: undefined, body: undefined },
    ]);
  });

  for (const [status, answer] of [
    [204, failures()],
    [404, failures()],
    [503, failures("m-1")],
  ] as const) {
    it(`of a cancelled order is cancelled, whoever booked it; the carrier answers ${status}`, async () => {
      const { asked, ...delivered } = await deliver("cancelled", withCarrier, { [CANCEL]: [{ status }] });
      expect([delivered.answer, asked]).to.deep.equal([answer, [LOAD, CANCEL]]);
    });
  }

  for (const status of ["placed", "on-hold", "rejected", "shipping"] as const) {
    it(`is not made for an order that is ${status}`, async () => {
      const { answer, asked } = await deliver(status, withCarrier);
      expect([answer, asked]).to.deep.equal([failures(), [LOAD]]);
    });
  }
});

describe("the sandbox carrier", () => {
  it("books without a call, and gives the same order the same number", async () => {
    const commit = { [COMMIT]: [{}], [PUBLISH]: [{ Successful: [{ Id: "0" }] }], [CLEAR]: [{}] };
    for (let delivery = 0; delivery < 2; delivery++) {
      const { answer, asked, inputs } = await deliver("confirmed", {}, commit);
      const [event] = Published.parse(inputs(PUBLISH))[0]?.PublishBatchRequestEntries ?? [];
      const [transaction] = Committed.parse(inputs(COMMIT));
      const shipment = { carrier: "Sandbox", trackingNumber: "SB3390276109" };

      expect([answer, asked]).to.deep.equal([failures(), [LOAD, COMMIT, PUBLISH, CLEAR]]);
      expect(event?.Message).to.deep.include({ type: "shipment.booked", data: { customerId: "c-1815", ...shipment } });
      expect(Object.values(transaction?.TransactItems[0].Update.ExpressionAttributeValues ?? {})).to.deep.equal([
        "shipping",
        shipment,
        "confirmed",
      ]);
    }
  });

  it("cancels without a call", async () => {
    const { answer, asked } = await deliver("cancelled", {});
    expect([answer, asked]).to.deep.equal([failures(), [LOAD]]);
  });
});

describe("two deliveries of order.confirmed at once", () => {
  const worlds = useWorlds();

  it("come to one booking, and it stays", async () => {
    const world = worlds.create();
    const sku = `TWICE-${randomUUID()}`;
    await world.sells(sku, 5);
    const orderId = await world.accepted({ items: [{ sku, quantity: 1 }] });
    await world.deliver("inventory");
    const queue = world.queue("shipment");
    for (const message of [...queue.messages]) queue.send(message);
    // Both have booked before either can write it down.
    let booking = 0;
    const both = Promise.withResolvers<void>();
    world.around = async (_handler, { service }, perform) => {
      const answer = await perform();
      if (service !== "https") return answer;
      if (++booking === 2) both.resolve();
      await both.promise;
      return answer;
    };
    await Promise.all([world.deliver("shipment", 1), world.deliver("shipment", 1)]);

    expect(queue.messages).to.deep.equal([]);
    expect(booking).to.equal(2);
    expect([...world.shipments]).to.deep.equal([[orderId, { orderId, cancelled: false }]]);
    expect(await world.status(orderId)).to.equal("shipping");
    expect(await world.events(orderId)).to.deep.equal(["order.confirmed", "order.placed", "shipment.booked"]);
  });
});
