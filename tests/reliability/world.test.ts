import { expect } from "chai";
import { randomUUID } from "node:crypto";
import { defineHost } from "../../local/outside/define-host.ts";
import { useWorlds, type World } from "../support/world/world.ts";

/** One order of a SKU of its own. */
async function place(world: World): Promise<string> {
  const sku = `WORLD-${randomUUID()}`;
  await world.sells(sku, 1);
  return world.accepted({ items: [{ sku, quantity: 1 }] });
}

describe("a world of the tests", () => {
  const worlds = useWorlds({
    consumers: { shipment: { timeoutSeconds: 20, settings: { url: "https://parcels.test/api" } } },
  });

  it("plays the hosts that a test gives it, to the consumers of its config", async () => {
    const asked: unknown[] = [];
    const world = worlds.create({
      hosts: [
        defineHost({
          host: "parcels.test",
          routes: {
            "POST /api/shipments": ({ headers, body }) => {
              asked.push([headers["idempotency-key"], body]);
              return { status: 201, body: { carrier: "Parcels", trackingNumber: "P-1" } };
            },
          },
        }),
      ],
    });
    const orderId = await place(world);
    await world.settle();

    expect(asked).to.have.nested.property("[0][0]", orderId);
    expect(asked).to.have.nested.property("[0][1].orderId", orderId);
    expect(await world.order(orderId)).to.deep.include({
      status: "shipping",
      shipment: { carrier: "Parcels", trackingNumber: "P-1" },
    });
  });

  it("fails by its name where a host is asked that nobody plays", async () => {
    const world = worlds.create();
    await place(world);
    const failed: unknown = await world.settle().catch((error: unknown) => error);

    expect(String(failed)).to.equal(
      "OutsideError: POST https://parcels.test/api/shipments: this world plays no such host and route, only those of carrier.test. " +
        'Give it one: create({ hosts: [defineHost({ host: "parcels.test", routes: { "POST /api/shipments": ... } })] }).',
    );
  });

  it("fails by the error of a host's own code", async () => {
    const broken = () => {
      throw new Error("not ready");
    };
    const world = worlds.create({
      hosts: [defineHost({ host: "parcels.test", routes: { "POST /api/shipments": broken } })],
    });
    await place(world);
    const failed: unknown = await world.settle().catch((error: unknown) => error);

    expect(String(failed)).to.equal(
      "OutsideError: POST https://parcels.test/api/shipments: the host's own code failed: Error: not ready",
    );
  });

  it("has the queues of the program: a failed message comes again after the visibility timeout, and no sooner", async () => {
    const world = worlds.create();
    const at: number[] = [];
    world.around = async (_handler, { service }, perform) => {
      if (service !== "https") return perform();
      at.push(world.clock.now);
      return { status: 503, body: {} };
    };
    await place(world);
    await world.settle();

    const { visibilityTimeoutSeconds, maxReceiveCount } = world.stack.consumers.get("shipment")?.limits ?? {};
    expect([visibilityTimeoutSeconds, maxReceiveCount]).to.deep.equal([120, 32]);
    expect(at.length).to.equal(32);
    expect(at.slice(1).every((time, index) => time >= (at[index] ?? 0) + 120_000)).to.equal(true);
    expect(world.queue("shipment").deadLetters.length).to.equal(1);
  });

  it("has a dead function make no call any more, in none of the events that it was at", async () => {
    const world = worlds.create();
    let dead = false;
    const late: string[] = [];
    world.around = async (handler, { service }, perform) => {
      if (handler !== "notifications") return perform();
      if (dead) late.push(service);
      if (service !== "ses") return perform();
      dead = true;
      return world.dies();
    };
    await Promise.all([place(world), place(world), place(world)]);
    await world.deliver("notifications");

    expect(late).to.deep.equal([]);
    expect(world.providers.mails).to.deep.equal([]);
    expect(world.queue("notifications").messages.map(({ receives }) => receives)).to.deep.equal([1, 1, 1]);
  });
});
