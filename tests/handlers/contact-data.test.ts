import { expect } from "chai";
import { randomUUID } from "node:crypto";
import { useWorlds, type World } from "../support/world/world.ts";

const DAY = 24 * 3_600;

describe("an order's contact data", () => {
  const worlds = useWorlds();

  /** An order of 2 pieces, in a world of its own that has so many. */
  async function placed(onHand = 10): Promise<{ world: World; orderId: string }> {
    const world = worlds.create();
    const sku = `CONTACT-${randomUUID()}`;
    await world.sells(sku, onHand);
    return { world, orderId: await world.accepted({ items: [{ sku, quantity: 2 }] }) };
  }

  /** When it expires, in seconds from the world's present. */
  async function expiry({ world, orderId }: { world: World; orderId: string }): Promise<number | undefined> {
    const at = (await world.contact(orderId))?.["expiresAt"];
    return at === undefined ? undefined : Number(at) - Math.floor(world.clock.now / 1_000);
  }

  const ends: Record<string, (order: { world: World; orderId: string }) => Promise<unknown>> = {
    cancelled: ({ world, orderId }) => world.cancel(orderId),
    rejected: ({ world }) => world.deliver("inventory"),
    shipping: async ({ world }) => {
      await world.deliver("inventory");
      await world.deliver("shipment");
    },
  };
  for (const [status, end] of Object.entries(ends)) {
    it(`expires 90 days after the order is ${status}, and not before`, async () => {
      const order = await placed(status === "rejected" ? 1 : 10);
      const before = await expiry(order);
      await end(order);

      expect(await order.world.status(order.orderId)).to.equal(status);
      expect([before, await expiry(order)]).to.deep.equal([undefined, 90 * DAY]);
    });
  }

  it("is kept as long as the order is on hold", async () => {
    const order = await placed();
    const { world, orderId } = order;
    world.around = async (_handler, { service }, perform) =>
      service === "https" ? { status: 422, body: {} } : perform();
    await world.settle();

    expect([await world.status(orderId), await expiry(order)]).to.deep.equal(["on-hold", undefined]);
  });

  it("of an order that was stored without its days expires after 90", async () => {
    const order = await placed();
    const { world, orderId } = order;
    const { keptSeconds, ...before } = (await world.contact(orderId)) ?? {};
    await world.database.put(world.stack.names.orders, before);
    expect(keptSeconds).to.equal(90 * DAY);
    await world.cancel(orderId);

    expect(await expiry(order)).to.equal(90 * DAY);
  });

  it("leaves nothing personal behind when it was erased before the order's end", async () => {
    const order = await placed();
    const { world, orderId } = order;
    await world.erase(orderId);
    await world.cancel(orderId);
    const left = await world.contact(orderId);
    await world.settle();

    expect(Object.keys(left ?? {}).sort()).to.deep.equal(["entry", "expiresAt", "orderId"]);
    expect(await expiry(order)).to.be.closeTo(90 * DAY, 3_600);
    expect(await recorded(world, orderId, "order.placed", "order.cancelled")).to.deep.equal([ERASED, ERASED]);
    expect(deadLetters(world)).to.deep.equal([]);
  });

  it("that is erased is recorded by who would have written, and its order waits for a person", async () => {
    const { world, orderId } = await placed();
    await world.erase(orderId);
    await world.settle();

    expect(await world.status(orderId)).to.equal("on-hold");
    expect(await world.events(orderId)).to.deep.equal(["order.confirmed", "order.placed", "shipment.refused"]);
    expect(await recorded(world, orderId, "order.placed")).to.deep.equal([ERASED]);
    expect([world.providers.mails, world.shipments.size, deadLetters(world)]).to.deep.equal([[], 0, []]);
  });

  it("is taken for erased from the moment that it expires, though DynamoDB may delete it days later", async () => {
    const { world, orderId } = await placed();
    await world.deliver("inventory");
    await world.deliver("shipment");
    world.clock.advance(90 * DAY * 1_000);
    await world.settle();

    expect(await recorded(world, orderId, "order.placed", "shipment.booked")).to.deep.equal([ERASED, ERASED]);
    expect((await world.contact(orderId))?.["customer"]).to.be.an("object");
    expect(world.providers.mails).to.deep.equal([]);
  });
});

const ERASED = { outcome: "not-sent", reason: "erased" };

/** What the ledger has of the e-mails about these events. */
const recorded = (world: World, orderId: string, ...types: readonly string[]) =>
  Promise.all(
    types.map(async (type) => (await world.effect(`${orderId}/${type}`, "notifications#email"))?.["outcome"]),
  );

const deadLetters = (world: World) => [...world.queues.values()].flatMap(({ deadLetters }) => deadLetters);
