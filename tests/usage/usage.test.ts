import { expect } from "chai";
import { randomUUID } from "node:crypto";
import { inBatchesOf, readUsage, type Uses } from "../../commands/cost/usage.ts";
import { useWorlds } from "../support/world/world.ts";
import { consumers, countUsage } from "./count.ts";

describe("What an order uses of AWS", () => {
  const worlds = useWorlds({ consumers });

  it("is what `npm run cost` reckons with, whatever is on hold: otherwise run `npm run record-usage`", async () => {
    const { database, stack } = worlds.create();
    for (let order = 0; order < 60; order++) {
      const held = { orderId: randomUUID(), entry: "order", status: "on-hold", onHoldSince: new Date().toISOString() };
      await database.put(stack.outbox.table, held);
    }
    expect(await countUsage(() => worlds.create())).to.deep.equal(await readUsage());
  });

  it("falls with the size of the batch by what a batch shares", () => {
    const uses = (publishes: number, writeUnits: number): Uses => ({
      ...{ calls: 0, hosts: 0, readUnits: 0, writeUnits, publishes, puts: 0, emails: 0, sms: 0, logBytes: 0 },
    });
    // A publish that the batch shares, and units that it does not.
    const [alone, inTens] = [uses(1, 5), uses(0.1, 5)];
    expect([1, 2, 10, 100].map((size) => inBatchesOf(size, alone, inTens).publishes)).to.deep.equal([
      1, 0.5, 0.1, 0.01,
    ]);
    expect([1, 10, 100].map((size) => inBatchesOf(size, alone, inTens).writeUnits)).to.deep.equal([5, 5, 5]);
  });
});
