import { expect } from "chai";
import { createHash } from "node:crypto";
import * as z from "zod";
import { OUTBOX_SHARDS } from "../../../contracts/outbox.ts";
import { orderRequest, storedOrder, withValue } from "../../support/orders.ts";
import { COMMIT, post } from "../../support/place-order.ts";

const Order = z.object({ orderId: z.string(), placedAt: z.string() });
const Committed = z.array(
  z.object({
    TransactItems: z.array(z.object({ Put: z.object({ Item: z.looseObject({ entry: z.string() }) }) })),
  }),
);

/** Places an order: the answer, and the items of its transaction by their entry, as they are stored. */
async function place(request: unknown) {
  const { body, inputs } = await post(request);
  const items = Committed.parse(inputs(COMMIT)).flatMap(({ TransactItems }) =>
    TransactItems.map(({ Put }) => Put.Item),
  );
  return { answer: Order.parse(body), items: new Map(items.map((item) => [item.entry, item])) };
}

describe("what an order becomes in the orders table", () => {
  it("is the order, with all that it needs later and no contact data", async () => {
    const { answer, items } = await place(orderRequest);
    expect(items.get("order")).to.deep.equal({
      ...storedOrder,
      orderId: answer.orderId,
      entry: "order",
      status: "placed",
      items: storedOrder.items.map((item) => ({ ...item, name: "Mug" })),
      paymentReference: "pi_3Nabc",
      placedAt: answer.placedAt,
    });
  });

  it("is its contact, beside it", async () => {
    const { answer, items } = await place(orderRequest);
    const { customer, shippingAddress } = orderRequest;
    const { orderId } = answer;
    expect(items.get("contact")).to.deep.equal({
      orderId,
      entry: "contact",
      customer,
      shippingAddress,
      keptSeconds: 30 * 86_400,
    });
  });

  it("is its event, marked as unpublished", async () => {
    const { answer, items } = await place(orderRequest);
    const { orderId } = answer;
    const event = items.get("event#order.placed");
    const at = String(event?.["at"]);
    expect(new Date(at).toISOString()).to.equal(at);
    expect(event).to.deep.equal({
      orderId,
      entry: "event#order.placed",
      event: {
        specversion: "1.0",
        id: `${orderId}/order.placed`,
        source: "/order-fanout/test",
        type: "order.placed",
        subject: orderId,
        time: at,
        datacontenttype: "application/json",
        data: {
          customerId: "c-1815",
          lines: storedOrder.items.map(({ sku, quantity, unitPrice, lineTotal }) => ({
            sku,
            quantity,
            unitPrice,
            lineTotal,
          })),
          total: storedOrder.total,
        },
      },
      correlationId: "request-1",
      group: createHash("sha256").update("c-1815").digest("hex").slice(0, 32),
      at,
      outboxShard: String(Number.parseInt(orderId.slice(-4), 16) % OUTBOX_SHARDS),
      outboxSince: at,
    });
    expect([...items.keys()]).to.deep.equal(["order", "contact", "event#order.placed"]);
  });

  it("has no payment reference where none was given", async () => {
    const { items } = await place(withValue("paymentReference", undefined));
    expect(items.get("order")).to.not.have.property("paymentReference");
  });
});
