import { expect } from "chai";
import fc from "fast-check";
import { randomUUID } from "node:crypto";
import { useWorlds } from "../support/world/world.ts";

/** I7 is 100 rounds; the short run has fewer. */
const ROUNDS = Number(process.env["ROUNDS"] ?? 3);

describe("inventory", () => {
  const worlds = useWorlds();

  it("never oversells: one piece, 200 orders at once, one confirmed (I7)", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const world = worlds.create();
      const sku = `ONE-${randomUUID()}`;
      await world.sells(sku, 1);
      const placed = await Promise.all(
        Array.from({ length: 200 }, () => world.accepted({ items: [{ sku, quantity: 1 }] })),
      );
      await Promise.all(Array.from({ length: 200 }, () => world.deliver("inventory", 1)));
      // An order that met too many others in a transaction comes again.
      await world.settle(["inventory"]);
      const statuses = await Promise.all(placed.map((orderId) => world.status(orderId)));
      const count = (status: string) => statuses.filter((found) => found === status).length;

      expect({
        confirmed: count("confirmed"),
        rejected: count("rejected"),
        left: await world.onHand(sku),
      }).to.deep.equal({
        confirmed: 1,
        rejected: 199,
        left: 0,
      });
    }
  });

  it("deducts all lines or none, and tells what was short by SKU (I9)", async () => {
    const world = worlds.create();
    const [a, b, c] = [`A-${randomUUID()}`, `B-${randomUUID()}`, `C-${randomUUID()}`];
    await Promise.all([world.sells(a, 5), world.sells(b, 1), world.sells(c, 0)]);
    const items = [
      { sku: a, quantity: 5 },
      { sku: b, quantity: 2 },
      { sku: c, quantity: 1 },
    ];
    const { body } = await world.place({ items });
    await world.deliver("inventory");
    const [rejected] = world
      .queue("notifications")
      .messages.filter(({ attributes }) => attributes["type"] === "order.rejected");

    expect(await world.status(body.orderId ?? "")).to.equal("rejected");
    expect([await world.onHand(a), await world.onHand(b), await world.onHand(c)]).to.deep.equal([5, 1, 0]);
    expect(JSON.parse(rejected?.body ?? "{}")).to.deep.include({
      data: {
        customerId: "c-1815",
        shortages: [
          { sku: b, requested: 2 },
          { sku: c, requested: 1 },
        ],
      },
    });
  });

  it("conserves the stock at every step of any history: orders, cancellings, restocks, repeats (I8)", async () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant("place" as const),
          lines: fc.array(fc.tuple(fc.nat(1), fc.integer({ min: 1, max: 4 })), { minLength: 1, maxLength: 2 }),
        }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("cancel" as const), which: fc.nat(20) }) },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant("restock" as const),
          sku: fc.nat(1),
          count: fc.integer({ min: 1, max: 5 }),
        }),
      },
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant("deliver" as const),
          batch: fc.integer({ min: 1, max: 5 }),
          atOnce: fc.integer({ min: 1, max: 3 }),
        }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("repeat" as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        const world = worlds.create();
        const skus = [`X-${randomUUID()}`, `Y-${randomUUID()}`];
        const stocked = [6, 6];
        const orders: { id: string; lines: Map<number, number> }[] = [];
        await Promise.all(skus.map((sku, index) => world.sells(sku, stocked[index] ?? 0)));
        const inventory = world.queue("inventory");

        const isConserved = async () => {
          const held = await Promise.all(orders.map(({ id }) => world.holdsStock(id)));
          for (const [index, sku] of skus.entries()) {
            const taken = orders.reduce((sum, { lines }, at) => sum + (held[at] ? (lines.get(index) ?? 0) : 0), 0);
            const onHand = await world.onHand(sku);
            expect(onHand, "on hand").to.be.at.least(0);
            expect(onHand + taken, "on hand and taken").to.equal(stocked[index]);
          }
        };

        for (const one of steps) {
          if (one.do === "place") {
            const lines = new Map(one.lines);
            const items = [...lines].map(([index, quantity]) => ({ sku: skus[index] ?? "", quantity }));
            const { body } = await world.place({ items });
            orders.push({ id: body.orderId ?? "", lines });
          } else if (one.do === "cancel") {
            const order = orders[one.which % Math.max(1, orders.length)];
            if (order) await world.cancel(order.id);
          } else if (one.do === "restock") {
            stocked[one.sku] = (stocked[one.sku] ?? 0) + one.count;
            await world.restock(skus[one.sku] ?? "", one.count);
          } else if (one.do === "deliver") {
            await Promise.all(Array.from({ length: one.atOnce }, () => world.deliver("inventory", one.batch)));
          } else {
            for (const message of [...inventory.messages]) inventory.send(message);
          }
          await isConserved();
        }
        await world.settle(["inventory"]);
        await isConserved();
        for (const { id } of orders) {
          const status = await world.status(id);
          expect(["confirmed", "rejected", "cancelled"]).to.include(status);
          expect(await world.holdsStock(id)).to.equal(status === "confirmed");
        }
      }),
      {
        numRuns: Number(process.env["RUNS"] ?? 25),
        ...(process.env["SEED"] !== undefined && { seed: Number(process.env["SEED"]) }),
      },
    );
  });

  it("sustains this many orders of one hot SKU", async () => {
    const world = worlds.create();
    const sku = `HOT-${randomUUID()}`;
    await world.sells(sku, 1_000);
    const count = 200;
    for (let placed = 0; placed < count; placed += 50) {
      await Promise.all(Array.from({ length: 50 }, () => world.accepted({ items: [{ sku, quantity: 1 }] })));
    }
    const began = performance.now();
    await Promise.all(Array.from({ length: 20 }, () => world.deliver("inventory", 10)));
    const perSecond = Math.round((count * 1_000) / (performance.now() - began));

    console.log(`      ${count} orders of one SKU by 20 functions at once: ${perSecond} a second`);
    await world.settle(["inventory"]);
    expect(await world.onHand(sku)).to.equal(800);
  });
});
