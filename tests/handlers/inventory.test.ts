import { DeleteCommand } from "@aws-sdk/lib-dynamodb";
import { expect } from "chai";
import { randomUUID } from "node:crypto";
import * as z from "zod";
import { orderKey } from "../../contracts/orders-table.ts";
import inventory from "../../handlers/inventory.ts";
import { consume } from "../../runtime/lambda/consume.ts";
import { documentClient } from "../../runtime/ports/clients.ts";
import { onDatabase, scripted } from "../support/calls.ts";
import { quietly } from "../support/captured.ts";
import { batchOf, clock, emitting, failures, variables } from "../support/lambda.ts";
import { storedOrder } from "../support/orders.ts";
import { useWorlds, type World } from "../support/world/world.ts";

const Logged = z.object({
  message: z.string().default(""),
  lines: z.number().optional(),
  discontinued: z.number().optional(),
});

describe("inventory", () => {
  it("reads the orders of a batch at once, handles one after the other, and publishes their events together", async () => {
    let running = 0;
    let peak = 0;
    const call = async () => {
      peak = Math.max(peak, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return {};
    };
    const times = (count: number) => Array.from({ length: count }, () => call);
    const orders = ["o-1", "o-2", "o-3", "o-4"].map((id) => ({ ...storedOrder, ...orderKey(id), status: "placed" }));
    const { calls, asked } = scripted({
      "dynamodb.BatchGetItem": [{ Responses: { orders } }],
      "dynamodb.TransactWriteItems": times(4),
      "sns.PublishBatch": [{ Successful: orders.map((_, index) => ({ Id: String(index) })) }],
      "dynamodb.BatchWriteItem": [{}],
    });
    const env = variables({ RESOURCES: '{"orders":"orders","stock":"stock"}', ...emitting });
    const answer = await quietly(() => consume(inventory, env, calls)(batchOf(4), clock()));

    expect([answer, asked.length, peak]).to.deep.equal([failures(), 1 + 4 + 1 + 1, 1]);
  });

  describe("when an order is cancelled", () => {
    const worlds = useWorlds();

    /** Takes a SKU out of the catalogue. */
    async function discontinue({ stack }: World, sku: string): Promise<void> {
      await documentClient(onDatabase().calls).send(new DeleteCommand({ TableName: stack.names.stock, Key: { sku } }));
    }

    /** A cancelled order of 2 each of three SKUs, of which there were 10: its stock is not returned yet. */
    async function cancelledOrder() {
      const world = worlds.create();
      const skus = ["A", "B", "C"].map((name) => `${name}-${randomUUID()}`);
      for (const sku of skus) await world.sells(sku, 10);
      const orderId = await world.accepted({ items: skus.map((sku) => ({ sku, quantity: 2 })) });
      await world.deliver("inventory");
      expect(await onHand(world, skus)).to.deep.equal([8, 8, 8]);
      expect((await world.cancel(orderId)).statusCode).to.equal(200);
      return { world, orderId, skus };
    }
    /** What the logs say of stock that is returned. */
    const returns = (world: World) =>
      world.logs.map((line) => Logged.parse(JSON.parse(line))).filter(({ message }) => /stock/.test(message));
    const onHand = (world: World, skus: string[]) => Promise.all(skus.map((sku) => world.onHand(sku)));

    /** Delivers what waits for the inventory, and then the same again. */
    async function deliverTwice(world: World): Promise<void> {
      const queue = world.queue("inventory");
      const copies = [...queue.messages];
      await world.deliver("inventory");
      for (const message of copies) queue.send(message);
      await world.deliver("inventory");
      expect(queue.messages).to.deep.equal([]);
    }

    it("returns every line, once", async () => {
      const { world, orderId, skus } = await cancelledOrder();
      await deliverTwice(world);

      expect(await onHand(world, skus)).to.deep.equal([10, 10, 10]);
      expect(await world.holdsStock(orderId)).to.equal(false);
      expect(returns(world)).to.deep.equal([
        { message: "stock returned", lines: 3 },
        { message: "no stock to return" },
      ]);
    });

    it("returns the other lines, once, when a SKU is discontinued", async () => {
      const { world, orderId, skus } = await cancelledOrder();
      await discontinue(world, skus[1] ?? "");
      await deliverTwice(world);

      expect(await onHand(world, skus)).to.deep.equal([10, NaN, 10]);
      expect(await world.holdsStock(orderId)).to.equal(false);
      expect(returns(world)).to.deep.equal([
        { message: "stock returned, except discontinued SKUs", discontinued: 1 },
        { message: "no stock to return" },
      ]);
    });

    it("returns what is left, once, when another SKU is discontinued under way", async () => {
      const { world, orderId, skus } = await cancelledOrder();
      await discontinue(world, skus[1] ?? "");
      let attempts = 0;
      world.around = async (_handler, { operation }, perform) => {
        if (operation === "TransactWriteItems" && ++attempts === 2) await discontinue(world, skus[2] ?? "");
        return perform();
      };
      await deliverTwice(world);

      expect(await onHand(world, skus)).to.deep.equal([10, NaN, NaN]);
      expect(await world.holdsStock(orderId)).to.equal(false);
      expect(returns(world)).to.deep.equal([
        { message: "stock returned, except discontinued SKUs", discontinued: 2 },
        { message: "no stock to return" },
      ]);
    });
  });
});
