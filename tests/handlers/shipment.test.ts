import { expect } from "chai";
import { randomUUID } from "node:crypto";
import { useWorlds, type World } from "../support/world/world.ts";

describe("shipment", () => {
  const worlds = useWorlds({ consumers: { shipment: { survivesOutageMinutes: 0 } } });

  /** An order that waits for its shipment, in a world whose carrier answers `status`. */
  async function carrierAnswers(status: number): Promise<{ world: World; orderId: string }> {
    const world = worlds.create();
    const sku = `SHIP-${randomUUID()}`;
    await world.sells(sku, 5);
    world.around = async (_handler, { service }, perform) => (service === "https" ? { status, body: {} } : perform());
    const { body } = await world.place({ items: [{ sku, quantity: 1 }] });
    return { world, orderId: body.orderId ?? "" };
  }

  for (const status of [400, 413, 422]) {
    it(`puts the order on hold when the carrier refuses it for good (${status})`, async () => {
      const { world, orderId } = await carrierAnswers(status);
      await world.settle();

      expect(await world.status(orderId)).to.equal("on-hold");
      expect(world.queue("shipment").deadLetters).to.deep.equal([]);
    });
  }

  for (const status of [401, 403, 404, 405, 408, 409, 415, 429, 500, 503]) {
    it(`asks again when the carrier cannot just now (${status})`, async () => {
      const { world, orderId } = await carrierAnswers(status);
      await world.settle();

      expect(await world.status(orderId)).to.equal("confirmed");
      expect(world.queue("shipment").deadLetters.map(({ receives }) => receives)).to.deep.equal([5]);
    });
  }
});
