import { GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { expect } from "chai";
import { randomUUID } from "node:crypto";
import * as z from "zod";
import { contactKey, orderKey } from "../../contracts/orders-table.ts";
import { orderOf } from "../support/orders.ts";
import { until } from "../support/until.ts";
import { printed, refused, wrongCall, wrongly, type Shared } from "./shared.ts";

const List = z.object({ orders: z.array(z.object({ orderId: z.string() })), more: z.number() });

export function ordersSuite(shared: () => Shared): void {
  describe("orders", () => {
    /** Stores an order as it would be long after every other one. */
    async function store(orderId: string, placedAt: string, status: string): Promise<void> {
      const { shop } = shared();
      const Item = { ...orderKey(orderId), placedAt, status, customerId: "c-1", total: { amount: 1, currency: "EUR" } };
      await shop.documents.send(new PutCommand({ TableName: shop.outputs.tables.orders, Item }));
    }

    /** Places an order that the carrier refuses. */
    async function placedAndHeld(): Promise<string> {
      const { shop } = shared();
      const refused = { postalCode: "00000", countryCode: "DE" };
      const orderId = await shop.place({ shippingAddress: { ...orderOf().shippingAddress, ...refused } });
      await shop.reaches(orderId, "on-hold");
      await shop.quiet();
      return orderId;
    }

    async function contactOf(orderId: string): Promise<unknown> {
      const { shop } = shared();
      const Key = contactKey(orderId);
      return (await shop.documents.send(new GetCommand({ TableName: shop.outputs.tables.orders, Key }))).Item;
    }

    /** The first text with each value replaced by its name. */
    const named = (text: string, names: readonly (readonly [string | RegExp, string])[]) =>
      names.reduce((rest, [value, name]) => rest.replaceAll(value, name), text);

    it("lists the newest first, and how many more there are", async () => {
      const { run } = shared();
      const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];
      await store(second, "2999-01-02T00:00:00.000Z", "on-hold");
      await store(third, "2999-01-03T00:00:00.000Z", "placed");
      await store(first, "2999-01-01T00:00:00.000Z", "on-hold");
      const all = List.parse(JSON.parse((await run("orders", "list", "--limit", "1000", "--json")).stdout));
      const list = await run("orders", "list", "--limit", "2");
      const onHold = await run("orders", "list", "--status", "on-hold", "--limit", "2", "--json");

      const names = [
        [first, "FIRST"],
        [second, "SECOND"],
        [third, "THIRD"],
      ] as const;
      expect(all.more).to.equal(0);
      expect(named(list.stdout, names).split("\n")).to.deep.equal([
        "PLACED                    ORDER                                 STATUS   TOTAL       CUSTOMER",
        "2999-01-03T00:00:00.000Z  THIRD  placed       1  EUR  c-1",
        "2999-01-02T00:00:00.000Z  SECOND  on-hold      1  EUR  c-1",
        `${all.orders.length - 2} more: raise --limit to see them.`,
        "",
      ]);
      const { orders, more } = List.parse(JSON.parse(onHold.stdout));
      expect([orders.map(({ orderId }) => orderId), more]).to.deep.equal([[second, first], 0]);
    });

    it("says when there is none, and which statuses there are", async () => {
      const { run } = shared();
      const none = await run("orders", "list", "--status", "cancelled");
      const unknown = await run("orders", "list", "--status", "shiping");
      const limits = await Promise.all(["0", "many", ""].map((limit) => run("orders", "list", "--limit", limit)));

      expect(none).to.deep.equal(printed("No order is cancelled."));
      expect(wrongly(unknown)).to.deep.equal(
        wrongCall(
          'There is no status "shiping". Did you mean "shipping"? Known: placed, confirmed, on-hold, rejected, shipping, cancelled.',
        ),
      );
      expect(limits.map(wrongly)).to.deep.equal(
        ["0", "many", ""].map((limit) => wrongCall(`--limit is a whole number from 1 on; got "${limit}".`)),
      );
    });

    it("shows an order by the first digits of its id, and leaves items of other kinds out", async () => {
      const { shop, run } = shared();
      await shop.sells("ORDERS-1", 5, 1_000);
      const orderId = await shop.place({
        customer: { name: "Ada", email: "ada@example.com" },
        items: [{ sku: "ORDERS-1", quantity: 2 }],
      });
      const { shipment } = await shop.reaches(orderId, "shipping");
      await shop.quiet();
      await shop.documents.send(
        new PutCommand({ TableName: shop.outputs.tables.orders, Item: { orderId, entry: "note#1", text: "call her" } }),
      );
      const [whole, short, shouted] = [
        await run("orders", "show", orderId),
        await run("orders", "show", orderId.slice(0, 8)),
        await run("orders", "show", orderId.slice(0, 8).toUpperCase()),
      ];

      const names = [
        [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME"],
        [orderId, "ID"],
        [shipment?.trackingNumber ?? "", "NUMBER"],
      ] as const;
      expect(named(whole.stdout, names).split("\n")).to.deep.equal([
        "Order ID: shipping, Sandbox Express NUMBER",
        "  c-1815, placed TIME, 2000 EUR in minor units",
        "Items",
        "  2  ORDERS-1  The ORDERS-1",
        "Timeline",
        "  TIME  order.placed",
        "  TIME  order.confirmed",
        "  TIME  shipment.booked",
        "Effects",
        "  notifications email  order.placed     sent  TIME",
        "  notifications email  shipment.booked  sent  TIME",
        "Queues (of all orders)",
        ...["inventory    ", "notifications", "shipment     ", "analytics    ", "audit        "].map(
          (name) => `  ${name}  0 waiting  0 in flight  0 dead letters`,
        ),
        "",
      ]);
      expect([short.stdout, shouted.stdout]).to.deep.equal([whole.stdout, whole.stdout]);
    });

    it("erases an order's contact data and its captured messages, and keeps the order", async () => {
      const { run, shop } = shared();
      const orderId = await shop.place();
      const early = await placedAndHeld();
      await shop.reaches(orderId, "shipping");
      await until("the customer is told", async () => (await shop.told(orderId)).length === 3);
      const before = await shop.order(orderId);
      const refusal = await run("orders", "erase", early);
      const erased = await run("orders", "erase", orderId.slice(0, 8));
      const again = await run("orders", "erase", orderId, "--json");
      const forced = await run("orders", "erase", early, "--force");
      const unknown = await run("orders", "erase", "f0f0cccc-0000-4000-8000-000000000003");

      expect(refusal).to.deep.equal(
        refused(
          `Order ${early} is on-hold: without its contact data it can neither ship nor tell its customer. Cancel it first, or erase with --force.`,
        ),
      );
      expect(erased).to.deep.equal(
        printed(
          `The contact data and 3 captured messages of order ${orderId} are erased. Backups forget them within 35 days.`,
        ),
      );
      expect(JSON.parse(again.stdout)).to.deep.equal({ orderId, contact: false, messages: 0 });
      expect(forced.stdout).to.match(/^The contact data and \d captured messages? of order .* are erased\./);
      expect(unknown).to.deep.equal(
        refused("There is no order f0f0cccc-0000-4000-8000-000000000003. `npm run orders -- list` shows the newest."),
      );
      expect([await shop.told(orderId), await shop.order(orderId)]).to.deep.equal([[], before]);
      expect([await contactOf(orderId), await contactOf(early)]).to.deep.equal([undefined, undefined]);
    });

    it("says which orders begin with the digits, and when there is none", async () => {
      const { run } = shared();
      const [one, other] = ["f0f0aaaa-0000-4000-8000-000000000001", "f0f0bbbb-0000-4000-8000-000000000002"];
      await store(other, "2998-01-02T00:00:00.000Z", "placed");
      await store(one, "2998-01-01T00:00:00.000Z", "rejected");
      const both = await run("orders", "show", "f0f0");
      const none = await run("orders", "show", "f0f0cccc");
      const unknown = await run("orders", "show", "f0f0cccc-0000-4000-8000-000000000003");
      const wrong = await Promise.all(["f0f", "f0-f", "order"].map((word) => run("orders", "show", word)));

      expect(both).to.deep.equal(
        refused(
          '2 orders begin with "f0f0". Give more digits:',
          `  ${one}  2998-01-01T00:00:00.000Z  rejected`,
          `  ${other}  2998-01-02T00:00:00.000Z  placed`,
        ),
      );
      expect(none).to.deep.equal(refused("There is no order f0f0cccc. `npm run orders -- list` shows the newest."));
      expect(unknown).to.deep.equal(
        refused("There is no order f0f0cccc-0000-4000-8000-000000000003. `npm run orders -- list` shows the newest."),
      );
      expect(wrong.map(wrongly)).to.deep.equal(
        ["f0f", "f0-f", "order"].map((word) =>
          wrongCall(
            `"${word}" is no order id and no beginning of one. Give its first 4 hexadecimal digits or more, such as the 8 of a log line.`,
          ),
        ),
      );
    });

    it("names the fields of an order that cannot be read, never their values", async () => {
      const { run } = shared();
      const orderId = "f1f1aaaa-0000-4000-8000-000000000001";
      await store(orderId, "2997-01-01T00:00:00.000Z", "lost for secret reasons");
      const shown = await run("orders", "show", orderId);

      expect(shown).to.deep.equal(
        refused(
          "What was read has another form than expected (status: invalid_value, items: invalid_type). It was written by another version, or by hand: compare it with the schemas in contracts/.",
        ),
      );
    });
  });
}
