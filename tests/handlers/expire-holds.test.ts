import { expect } from "chai";
import { randomUUID } from "node:crypto";
import * as z from "zod";
import { useWorlds, type World } from "../support/world/world.ts";

const DAY_MS = 24 * 3_600_000;
const address = { line1: "Straße 1", city: "Berlin", postalCode: "00000", countryCode: "DE" };
const Metric = z.object({ OldestOnHoldSeconds: z.number() });

describe("an order on hold", () => {
  const worlds = useWorlds();

  async function held(world = worlds.create()) {
    const sku = `HOLD-${randomUUID()}`;
    await world.sells(sku, 10);
    const orderId = await world.accepted({ shippingAddress: address, items: [{ sku, quantity: 2 }] });
    await world.settle();
    return { world, orderId, sku };
  }

  /** The age of the oldest hold that the last run has told, in days. */
  const told = (world: World): number => {
    const metrics = world.logs.flatMap((line) => Metric.safeParse(JSON.parse(line)).data ?? []);
    return Math.round((metrics.at(-1)?.OldestOnHoldSeconds ?? NaN) / 86_400);
  };

  it("cancels itself after 14 days and not before: its stock comes back, and the customer is told why", async () => {
    const { world, orderId, sku } = await held();
    world.clock.advance(13.9 * DAY_MS);
    await world.expireHolds();
    const before = await world.status(orderId);
    world.clock.advance(0.2 * DAY_MS);
    await world.expireHolds();
    await world.settle();
    await world.expireHolds();
    await world.settle();

    expect([before, await world.status(orderId), await world.onHand(sku)]).to.deep.equal(["on-hold", "cancelled", 10]);
    expect(await world.holdsStock(orderId)).to.equal(false);
    expect(await world.events(orderId)).to.deep.equal([
      "order.cancelled",
      "order.confirmed",
      "order.placed",
      "shipment.refused",
    ]);
    const mails = world.providers.mails.filter((mail) => mail.orderId === orderId);
    expect(mails.map(({ subject }) => subject.replace(/ [0-9A-F]{8}/, ""))).to.deep.equal([
      "We have received your order",
      "Your order is cancelled",
    ]);
    expect((await world.contact(orderId))?.["expiresAt"]).to.be.a("number");
  });

  it("is counted anew from each hold", async () => {
    const { world, orderId } = await held();
    world.clock.advance(13 * DAY_MS);
    await world.release(orderId);
    await world.settle();
    world.clock.advance(13 * DAY_MS);
    await world.expireHolds();
    const second = await world.status(orderId);
    world.clock.advance(2 * DAY_MS);
    await world.expireHolds();
    expect([second, await world.status(orderId)]).to.deep.equal(["on-hold", "cancelled"]);
  });

  it("is told by its age, so that an alarm comes before; an order that is not on hold is not", async () => {
    const { world, orderId } = await held();
    // What other tests have left on hold is out of the way.
    world.clock.advance(30 * DAY_MS);
    await world.expireHolds();
    await world.expireHolds();
    const none = told(world);
    const other = await held(world);
    world.clock.advance(3 * DAY_MS);
    await world.expireHolds();
    const three = told(world);
    await world.cancel(other.orderId);
    await world.expireHolds();

    expect(await world.status(orderId)).to.equal("cancelled");
    expect([none, three, told(world)]).to.deep.equal([0, 3, 0]);
  });

  it("that is released just then is not cancelled, nor when it is held again", async () => {
    const { world, orderId, sku } = await held();
    world.clock.advance(15 * DAY_MS);
    let released = false;
    world.around = async (handler, { operation, input }, perform) => {
      const cancels =
        handler === "holds" && operation === "TransactWriteItems" && JSON.stringify(input).includes(orderId);
      if (cancels && !released) {
        released = true;
        await world.release(orderId);
        await world.deliver("shipment");
      }
      return perform();
    };
    await world.expireHolds();
    await world.settle();

    expect(released).to.equal(true);
    expect([await world.status(orderId), await world.onHand(sku)]).to.deep.equal(["on-hold", 8]);
    expect(await world.events(orderId)).to.not.include("order.cancelled");
  });
});
