import { expect } from "chai";
import * as z from "zod";
import { startLocalCloud, type LocalCloud } from "../support/cloud.ts";
import { runCommand } from "../support/command.ts";
import { orderOf } from "../support/orders.ts";
import { Placed, Shop } from "../support/shop.ts";
import { until } from "../support/until.ts";

const Shown = z.object({ effects: z.array(z.object({ event: z.string(), outcome: z.unknown() })) });

describe("an order's journey on the local cloud", () => {
  let cloud: LocalCloud;
  let shop: Shop;

  before(async () => {
    cloud = await startLocalCloud({ speed: 60 });
    shop = new Shop(cloud.outputs);
  });
  after(() => cloud.stop());

  it("ships an order for what is in stock, deducts it once, and tells the customer at each step", async () => {
    await shop.sells("JOURNEY-1", 5);

    const response = await shop.post(orderOf({ items: [{ sku: "JOURNEY-1", quantity: 2 }] }));
    const placed = Placed.parse(await response.json());
    const { orderId, placedAt } = placed;
    const order = await shop.reaches(orderId, "shipping");
    await until("everybody is told", async () => (await shop.told(orderId)).length === 3);
    await until("its events are stored", async () => (await shop.eventsInBucket(orderId)).length === 3);
    await shop.quiet();

    const money = (amount: number) => ({ amount, currency: "EUR" });
    const view = {
      orderId,
      customerId: "c-1815",
      items: [
        { sku: "JOURNEY-1", name: "The JOURNEY-1", quantity: 2, unitPrice: money(1_299), lineTotal: money(2_598) },
      ],
      total: money(2_598),
      placedAt,
    };
    expect(response.status).to.equal(201);
    expect(response.headers.get("location")).to.equal(`/orders/${orderId}`);
    expect(placed).to.deep.equal({ ...view, status: "placed" });
    const { timeline, shipment, ...rest } = order;
    expect(rest).to.deep.equal({ ...view, status: "shipping" });
    expect(timeline.map(({ type }) => type)).to.deep.equal(["order.placed", "order.confirmed", "shipment.booked"]);
    expect(shipment?.carrier).to.equal("Sandbox Express");
    expect(shipment?.trackingNumber).to.match(/^SE\d{10}$/);
    expect(await shop.onHand("JOURNEY-1")).to.equal(3);

    const number = orderId.slice(0, 8).toUpperCase();
    const booked = `Your order ${number} is on its way: ${shipment?.trackingNumber}`;
    expect((await shop.told(orderId)).map(({ channel, to, subject }) => [channel, to, subject])).to.deep.equal([
      ["email", "ada@example.com", `We have received your order ${number}`],
      ["email", "ada@example.com", booked],
      ["sms", "+442071234567", ""],
    ]);
    const undone = await shop.undone();
    expect((await shop.told(orderId)).map(({ requestId }) => undone.get(requestId))).to.deep.equal([[], [], []]);
    const day = placedAt.slice(0, 10);
    const stored = await shop.eventsInBucket(orderId);
    expect(stored.map(({ type }) => type)).to.have.members(["order.placed", "order.confirmed", "shipment.booked"]);
    expect(stored.every(({ key }) => key.startsWith(`events/dt=${day}/`))).to.equal(true);
  });

  it("rejects an order for more than is on hand, touches no stock, and tells the customer", async () => {
    await shop.sells("JOURNEY-2", 5);
    await shop.sells("JOURNEY-3", 1);

    const orderId = await shop.place({
      items: [
        { sku: "JOURNEY-2", quantity: 5 },
        { sku: "JOURNEY-3", quantity: 2 },
      ],
    });
    const { timeline } = await shop.reaches(orderId, "rejected");
    const told = await until("the customer is told twice", async () => {
      const mails = await shop.told(orderId);
      return mails.length === 2 && mails;
    });

    expect(timeline.map(({ type }) => type)).to.deep.equal(["order.placed", "order.rejected"]);
    expect([await shop.onHand("JOURNEY-2"), await shop.onHand("JOURNEY-3")]).to.deep.equal([5, 1]);
    expect(told[1]?.text).to.include("we do not have enough of The JOURNEY-3.");
  });

  it("answers the same key with the same bytes, and another body under it with 422", async () => {
    const key = { "idempotency-key": "journey-key" };
    const first = await shop.post(orderOf(), key);
    const firstBody = await first.text();
    const again = await shop.post(orderOf(), key);
    const other = await shop.post(orderOf({ items: [{ sku: "MUG-001", quantity: 3 }] }), key);

    expect([first.status, again.status, other.status]).to.deep.equal([201, 201, 422]);
    expect(await again.text()).to.equal(firstBody);
    expect([first, again].map(({ headers }) => headers.get("idempotency-replayed"))).to.deep.equal([null, "true"]);
    expect(await other.json()).to.deep.equal({
      type: "urn:order-fanout:problem:idempotency-key-reused",
      title: "The Idempotency-Key was used with another body",
      status: 422,
      detail: "This Idempotency-Key belongs to an order with another body.",
      instance: "/orders",
    });
  });

  it("puts an order on hold that the carrier refuses for good, and leaves no dead letter", async () => {
    const address = orderOf().shippingAddress;
    const orderId = await shop.place({ shippingAddress: { ...address, postalCode: "00000" } });
    const { timeline } = await shop.reaches(orderId, "on-hold");
    await shop.quiet();

    expect(timeline.map(({ type }) => type)).to.deep.equal(["order.placed", "order.confirmed", "shipment.refused"]);
    expect(await shop.pending("deadLetterQueueUrl")).to.deep.equal({});
  });

  it("records an e-mail that SES refuses, ships all the same, and leaves no dead letter", async () => {
    const orderId = await shop.place({ customer: { name: "Bo", email: "bounce@example.com" } });
    await shop.reaches(orderId, "shipping");
    await shop.quiet();
    const shown = await runCommand("orders", ["show", orderId, "--json", "--state", cloud.state]);

    const { effects } = Shown.parse(JSON.parse(shown.stdout));
    expect(effects.map(({ event, outcome }) => [event, outcome])).to.have.deep.members([
      ["order.placed", { outcome: "refused", reason: "MessageRejected" }],
      ["shipment.booked", { outcome: "refused", reason: "MessageRejected" }],
    ]);
    expect(await shop.pending("deadLetterQueueUrl")).to.deep.equal({});
  });

  it("never shows contact data, and knows no order that is not there", async () => {
    const orderId = await shop.place();
    const shown = JSON.stringify(await shop.order(orderId));
    const unknown = await fetch(`${cloud.outputs.ordersUrl}/11111111-1111-8111-8111-111111111111`);

    expect(shown).not.to.match(/ada@|Lovelace|St James|\+4420/);
    expect(unknown.status).to.equal(404);
    expect(unknown.headers.get("content-type")).to.equal("application/problem+json");
  });

  it("answers the inline health route, and says what a path allows", async () => {
    const health = await fetch(`${cloud.outputs.apiUrl}/health`);
    const wrongMethod = await fetch(`${cloud.outputs.ordersUrl}/x`, { method: "DELETE" });
    const nowhere = await fetch(`${cloud.outputs.apiUrl}/nowhere`);

    expect([health.status, wrongMethod.status, nowhere.status]).to.deep.equal([204, 405, 404]);
    expect(wrongMethod.headers.get("allow")).to.equal("GET");
  });

  it("keeps what it acknowledged when it is killed, and answers as before after a restart", async () => {
    await shop.sells("JOURNEY-4", 9);
    const key = { "idempotency-key": "before-the-kill" };
    const body = orderOf({ items: [{ sku: "JOURNEY-4", quantity: 1 }] });
    const before = await (await shop.post(body, key)).text();
    await cloud.kill();
    const port = Number(new URL(cloud.outputs.apiUrl).port);
    cloud = await startLocalCloud({ state: cloud.state, port, speed: 60 });
    const replayed = await (await shop.post(body, key)).text();

    expect(replayed).to.equal(before);
    await shop.reaches(Placed.parse(JSON.parse(before)).orderId, "shipping");
    expect(await shop.onHand("JOURNEY-4")).to.equal(8);
  });
});
