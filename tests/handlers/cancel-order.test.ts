import { expect } from "chai";
import { randomUUID } from "node:crypto";
import { useWorlds, type World } from "../support/world/world.ts";

/** All that cancelling an order might change. */
const seen = async (world: World, orderId: string, sku: string) => ({
  status: await world.status(orderId),
  events: await world.events(orderId),
  onHand: await world.onHand(sku),
  shipments: [...world.shipments.values()].filter(({ cancelled }) => !cancelled).length,
  mails: world.providers.mails.length,
});

/** Does something once, just before the next transaction is committed. */
function beforeNextCommit(world: World, act: () => Promise<unknown>): void {
  let next = true;
  world.around = async (_handler, { operation }, perform) => {
    if (next && operation === "TransactWriteItems") {
      next = false;
      await act();
    }
    return perform();
  };
}

const conflict = (status: string) => ({
  type: "urn:order-fanout:problem:conflict",
  title: "The order is no longer in a state for this",
  status: 409,
  detail: `The order is ${status} and can no longer be cancelled.`,
  instance: "/orders",
});

describe("POST /orders/{orderId}/cancel", () => {
  const worlds = useWorlds();

  /** An order of 2 of 10 pieces, in a world of its own. */
  async function placed(quantity = 2): Promise<{ world: World; orderId: string; sku: string }> {
    const world = worlds.create();
    const sku = `CANCEL-${randomUUID()}`;
    await world.sells(sku, 10);
    return { world, sku, orderId: await world.accepted({ items: [{ sku, quantity }] }) };
  }

  it("answers with the cancelled order, whose stock then comes back", async () => {
    const { world, orderId, sku } = await placed();
    await world.deliver("inventory");
    const taken = await world.onHand(sku);
    const { statusCode, body } = await world.cancel(orderId);
    await world.settle();

    expect([taken, statusCode, body.orderId, body["status"]]).to.deep.equal([8, 200, orderId, "cancelled"]);
    expect(await seen(world, orderId, sku)).to.deep.equal({
      status: "cancelled",
      events: ["order.cancelled", "order.confirmed", "order.placed"],
      onHand: 10,
      shipments: 0,
      mails: 2,
    });
  });

  for (const [status, quantity] of [
    ["shipping", 2],
    ["rejected", 11],
  ] as const) {
    it(`answers 409 where the order is ${status}, and changes nothing`, async () => {
      const { world, orderId, sku } = await placed(quantity);
      await world.settle();
      const before = await seen(world, orderId, sku);
      const { statusCode, body } = await world.cancel(orderId);
      await world.settle();

      expect([statusCode, body]).to.deep.equal([409, conflict(status)]);
      expect(before.status).to.equal(status);
      expect(await seen(world, orderId, sku)).to.deep.equal(before);
    });
  }

  it("answers 409 where the order goes to shipping between the read and the write", async () => {
    const { world, orderId, sku } = await placed();
    await world.deliver("inventory");
    beforeNextCommit(world, () => world.deliver("shipment"));
    const { statusCode, body } = await world.cancel(orderId);
    await world.settle();

    expect([statusCode, body]).to.deep.equal([409, conflict("shipping")]);
    expect(await seen(world, orderId, sku)).to.deep.equal({
      status: "shipping",
      events: ["order.confirmed", "order.placed", "shipment.booked"],
      onHand: 8,
      shipments: 1,
      mails: 2,
    });
  });

  it("cancels where the order is confirmed between the read and the write, and its stock comes back", async () => {
    const { world, orderId, sku } = await placed();
    beforeNextCommit(world, () => world.deliver("inventory"));
    const { statusCode, body } = await world.cancel(orderId);
    await world.settle();

    expect([statusCode, body["status"]]).to.deep.equal([200, "cancelled"]);
    expect(await seen(world, orderId, sku)).to.deep.equal({
      status: "cancelled",
      events: ["order.cancelled", "order.confirmed", "order.placed"],
      onHand: 10,
      shipments: 0,
      mails: 2,
    });
  });

  it("answers the same bytes again, and cancels once", async () => {
    const { world, orderId, sku } = await placed();
    await world.deliver("inventory");
    const answers = [await world.cancel(orderId), await world.cancel(orderId)];
    await world.settle();
    const end = await seen(world, orderId, sku);
    answers.push(await world.cancel(orderId));
    await world.settle();

    expect(answers.map(({ statusCode }) => statusCode)).to.deep.equal([200, 200, 200]);
    expect(new Set(answers.map(({ text }) => text)).size).to.equal(1);
    expect([end.status, end.onHand, end.mails]).to.deep.equal(["cancelled", 10, 2]);
    expect(await seen(world, orderId, sku)).to.deep.equal(end);
  });

  it("answers 404 where there is no such order", async () => {
    const world = worlds.create();
    for (const orderId of [randomUUID(), "no-uuid"]) expect((await world.cancel(orderId)).statusCode).to.equal(404);
  });
});
