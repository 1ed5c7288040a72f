import { expect } from "chai";
import fc from "fast-check";
import { randomUUID } from "node:crypto";
import * as z from "zod";
import { cloudEvent, eventId } from "../../contracts/cloud-event.ts";
import { events } from "../../contracts/events.ts";
import { useWorlds, type World } from "../support/world/world.ts";

const ORDERS = 3;
const HAD = 100;

/** What somebody writes who may send to a queue: an event of any type, about any order, that says anything. */
const forgery = fc.record({
  queue: fc.constantFrom("inventory", "notifications", "shipment"),
  type: fc.constantFrom(...events.map(({ type }) => type)),
  order: fc.nat(ORDERS - 1),
  occurrence: fc.constantFrom(1, 1, 2, 3, 7),
  quantities: fc.array(fc.integer({ min: 1, max: 999 }), { maxLength: 2 }),
  /** Before which of the rounds of deliveries it comes. */
  round: fc.nat(3),
  /** Whether it comes before all that waits. */
  first: fc.boolean(),
});
type Forgery = typeof forgery extends fc.Arbitrary<infer F> ? F : never;

/** One piece instead of two, before the honest event. */
const lessThanOrdered: Forgery = {
  queue: "inventory",
  type: "order.placed",
  order: 1,
  occurrence: 1,
  quantities: [1],
  round: 0,
  first: true,
};

function forge(
  world: World,
  { queue, type, occurrence, quantities, first }: Forgery,
  orderId: string,
  sku: string,
): void {
  const money = { amount: 1, currency: "EUR" };
  const data = {
    customerId: "c-forged",
    carrier: "Forged",
    trackingNumber: "F-1",
    reason: "forged",
    total: money,
    lines: quantities.map((quantity) => ({ sku, quantity, unitPrice: money, lineTotal: money })),
    shortages: quantities.map((requested) => ({ sku, requested })),
  };
  const event = { type, data: z.unknown() };
  const body = JSON.stringify(cloudEvent(event, orderId, "/forged", "2026-11-01T12:00:00.000Z", data, occurrence));
  world.queue(queue).send({ body, attributes: { type } });
  const forged = world.queue(queue).messages.at(-1);
  if (first && forged) world.queue(queue).toFront(forged);
}

/** Three orders: of 1 piece, of 2, and of more than there is; the second is cancelled. What came of all. */
async function run(world: World, forgeries: readonly Forgery[]) {
  const [sku, scarce] = [`FORGED-${randomUUID()}`, `SCARCE-${randomUUID()}`];
  await world.sells(sku, HAD);
  await world.sells(scarce, 1);
  const orderIds = [
    await world.accepted({ items: [{ sku, quantity: 1 }] }),
    await world.accepted({ items: [{ sku, quantity: 2 }] }),
    await world.accepted({ items: [{ sku: scarce, quantity: 5 }] }),
  ];
  for (let round = 0; round < 4; round++) {
    for (const one of forgeries.filter((each) => each.round === round)) {
      forge(world, one, orderIds[one.order] ?? "", one.order === 2 ? scarce : sku);
    }
    for (const queue of ["inventory", "notifications", "shipment"]) {
      await world.deliver(queue);
      if (round === 0 && queue === "inventory") await world.cancel(orderIds[1] ?? "");
      const onHand = await world.onHand(sku);
      const held = await Promise.all(
        orderIds.slice(0, 2).map(async (id, index) => ((await world.holdsStock(id)) ? index + 1 : 0)),
      );
      expect(onHand + held.reduce((sum, one) => sum + one, 0), "on hand and held").to.equal(HAD);
      expect(onHand).to.be.at.least(0);
    }
  }
  await world.settle();
  return {
    orders: await Promise.all(orderIds.map(async (id) => [await world.status(id), await world.events(id)])),
    told: world.providers.mails
      .map(({ orderId, subject }) => `${orderIds.indexOf(orderId)} ${subject.replace(/ [0-9A-F]{8}|: SE\d+/g, "")}`)
      .sort(),
    onHand: [await world.onHand(sku), await world.onHand(scarce)],
    shipments: [...world.shipments.values()].map(({ orderId, cancelled }) => [orderIds.indexOf(orderId), cancelled]),
  };
}

describe("forged events", () => {
  const worlds = useWorlds();
  const limits = useWorlds({ consumers: { notifications: { settings: { emailsPerDay: 2, smsPerDay: 2 } } } });

  it("change nothing that the stored order does not justify: not stock, status, shipments or what customers are told", async () => {
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(forgery, { minLength: 1, maxLength: 12 }), async (forgeries) => {
        tried += forgeries.length;
        const honest = await run(worlds.create(), []);
        expect(await run(worlds.create(), forgeries)).to.deep.equal(honest);
      }),
      { numRuns: 12, verbose: true, examples: [[[lessThanOrdered]]] },
    );
    console.log(`      ${tried} forged events`);
  });

  it("and honest ones alike send an address so many e-mails a day, and none ends as a dead letter", async () => {
    const world = limits.create();
    const sku = `LIMIT-${randomUUID()}`;
    await world.sells(sku, 100);
    const customer = { name: "Ada Lovelace", email: `${randomUUID()}@example.com` };
    const orderIds = [];
    for (let order = 0; order < 3; order++) {
      orderIds.push(await world.accepted({ customer, items: [{ sku, quantity: 1 }] }));
    }
    await world.settle();

    expect(world.providers.mails).to.have.length(2);
    expect(await Promise.all(orderIds.map((id) => world.status(id)))).to.deep.equal([
      "shipping",
      "shipping",
      "shipping",
    ]);
    expect([...world.queues.values()].flatMap(({ deadLetters }) => deadLetters)).to.deep.equal([]);
    const outcomes = await Promise.all(
      orderIds.flatMap((id) =>
        ["order.placed", "shipment.booked"].map((type) => world.effect(eventId(id, type), "notifications#email")),
      ),
    );
    const limited = outcomes.filter((item) => Reflect.get(Object(item?.["outcome"]), "outcome") === "not-sent");
    expect(limited.map((item) => item?.["outcome"])).to.deep.equal(
      Array.from({ length: 4 }, () => ({ outcome: "not-sent", reason: "limit: the recipient got too many today" })),
    );
  });
});
