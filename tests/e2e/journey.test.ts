import { expect } from "chai";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { CatalogueItem } from "../../contracts/stock.ts";
import { startLocalCloud, type LocalCloud } from "../support/cloud.ts";
import { runCommand } from "../support/command.ts";
import { orderOf } from "../support/orders.ts";
import { Placed, Shop } from "../support/shop.ts";
import { until } from "../support/until.ts";

const Shown = z.object({ effects: z.array(z.object({ event: z.string(), outcome: z.unknown() })) });

describe("an order's journey on the local cloud", () => {
  let cloud: LocalCloud;
  let shop: Shop;

  before(async () => {
    cloud = await startLocalCloud({ speed: 60 });
    shop = new Shop(cloud.outputs);
  });
  after(() => cloud.stop());

  it("ships an order for what is in stock, deducts it once, and tells the customer at each step", async () => {
    await shop.sells("JOURNEY-1", 5);

    const response = await shop.post(orderOf({ items: [{ sku: "JOURNEY-1", quantity: 2 }] }));
    const placed = Placed.parse(await response.json());
    const { orderId, placedAt } = placed;
    const order = await shop.reaches(orderId, "shipping");
    await until("everybody is told", async () => (await shop.told(orderId)).length === 3);
    await until("its events are stored", async () => (await shop.eventsInBucket(orderId)).length === 3);
    await shop.quiet();

    const money = (amount: number) => ({ amount, currency: "EUR" });
    const view = {
      orderId,
      customerId: "c-1815",
      items: [
        { sku: "JOURNEY-1", name: "The JOURNEY-1", quantity: 2, unitPrice: money(1_299), lineTotal: money(2_598) },
      ],
      total: money(2_598),
      placedAt,
    };
    expect(response.status).to.equal(201);
    expect(response.headers.get("location")).to.equal(`/orders/${orderId}`);
    expect(placed).to.deep.equal({ ...view, status: "placed" });
    const { timeline, shipment, ...rest } = order;
    expect(rest).to.deep.equal({ ...view, status: "shipping" });
    expect(timeline.map(({ type }) => type)).to.deep.equal(["order.placed", "order.confirmed", "shipment.booked"]);
    expect(shipment?.carrier).to.equal("Sandbox Express");
    expect(shipment?.trackingNumber).to.match(/^SE\d{10}$/);
    expect(await shop.onHand("JOURNEY-1")).to.equal(3);

    const number = orderId.slice(0, 8).toUpperCase();
    const booked = `Your order ${number} is on its way: ${shipment?.trackingNumber}`;
    expect((await shop.told(orderId)).map(({ channel, to, subject }) => [channel, to, subject])).to.deep.equal([
      ["email", "ada@example.com", `We have received your order ${number}`],
      ["email", "ada@example.com", booked],
      ["sms", "+442071234567", ""],
    ]);
    const undone = await shop.undone();
    expect((await shop.told(orderId)).map(({ requestId }) => undone.get(requestId))).to.deep.equal([[], [], []]);
    const day = placedAt.slice(0, 10);
    const stored = await shop.eventsInBucket(orderId);
    expect(stored.map(({ type }) => type)).to.have.members(["order.placed", "order.confirmed", "shipment.booked"]);
    expect(stored.every(({ key }) => key.startsWith(`events/dt=${day}/`))).to.equal(true);
  });

  it("rejects an order for more than is on hand, touches no stock, and tells the customer", async () => {
    await shop.sells("JOURNEY-2", 5);
    await shop.sells("JOURNEY-3", 1);

    const orderId = await shop.place({
      items: [
        { sku: "JOURNEY-2", quantity: 5 },
        { sku: "JOURNEY-3", quantity: 2 },
      ],
    });
    const { timeline } = await shop.reaches(orderId, "rejected");
    const told = await until("the customer is told twice", async () => {
      const mails = await shop.told(orderId);
      return mails.length === 2 && mails;
    });

    expect(timeline.map(({ type }) => type)).to.deep.equal(["order.placed", "order.rejected"]);
    expect([await shop.onHand("JOURNEY-2"), await shop.onHand("JOURNEY-3")]).to.deep.equal([5, 1]);
    expect(told[1]?.text).to.include("we do not have enough of The JOURNEY-3.");
  });

  it("answers the same key with the same bytes, and another body under it with 422", async () => {
    const key = { "idempotency-key": "journey-key" };
    const first = await shop.post(orderOf(), key);
    const firstBody = await first.text();
    const again = await shop.post(orderOf(), key);
    const other = await shop.post(orderOf({ items: [{ sku: "MUG-001", quantity: 3 }] }), key);

    expect([first.status, again.status, other.status]).to.deep.equal([201, 201, 422]);
    expect(await again.text()).to.equal(firstBody);
    expect([first, again].map(({ headers }) => headers.get("idempotency-replayed"))).to.deep.equal([null, "true"]);
    expect(await other.json()).to.deep.equal({
      type: "urn:order-fanout:problem:idempotency-key-reused",
      title: "The Idempotency-Key was used with another body",
      status: 422,
      detail: "This Idempotency-Key belongs to an order with another body.",
      instance: "/orders",
    });
  });

  it("puts an order on hold that the carrier refuses for good, and leaves no dead letter", async () => {
    const address = orderOf().shippingAddress;
    const orderId = await shop.place({ shippingAddress: { ...address, postalCode: "00000" } });
    const { timeline } = await shop.reaches(orderId, "on-hold");
    await shop.quiet();

    expect(timeline.map(({ type }) => type)).to.deep.equal(["order.placed", "order.confirmed", "shipment.refused"]);
    expect(await shop.pending("deadLetterQueueUrl")).to.deep.equal({});
  });

  it("records an e-mail that SES refuses, ships all the same, and leaves no dead letter", async () => {
    const orderId = await shop.place({ customer: { name: "Bo", email: "bounce@example.com" } });
    await shop.reaches(orderId, "shipping");
    await shop.quiet();
    const shown = await run("orders", ["show", orderId, "--json"]);

    const { effects } = Shown.parse(JSON.parse(shown.stdout));
    expect(effects.map(({ event, outcome }) => [event, outcome])).to.have.deep.members([
      ["order.placed", { outcome: "refused", reason: "MessageRejected" }],
      ["shipment.booked", { outcome: "refused", reason: "MessageRejected" }],
    ]);
    expect(await shop.pending("deadLetterQueueUrl")).to.deep.equal({});
  });

  it("never shows contact data, and knows no order that is not there", async () => {
    const orderId = await shop.place();
    const shown = JSON.stringify(await shop.order(orderId));
    const unknown = await fetch(`${cloud.outputs.ordersUrl}/11111111-1111-8111-8111-111111111111`);

    expect(shown).not.to.match(/ada@|Lovelace|St James|\+4420/);
    expect(unknown.status).to.equal(404);
    expect(unknown.headers.get("content-type")).to.equal("application/problem+json");
  });

  it("answers the inline health route, and says what a path allows", async () => {
    const health = await fetch(`${cloud.outputs.apiUrl}/health`);
    const wrongMethod = await fetch(`${cloud.outputs.ordersUrl}/x`, { method: "DELETE" });
    const nowhere = await fetch(`${cloud.outputs.apiUrl}/nowhere`);

    expect([health.status, wrongMethod.status, nowhere.status]).to.deep.equal([204, 405, 404]);
    expect(wrongMethod.headers.get("allow")).to.equal("GET");
  });

  it("keeps what it acknowledged when it is killed, and answers as before after a restart", async () => {
    await shop.sells("JOURNEY-4", 9);
    const key = { "idempotency-key": "before-the-kill" };
    const body = orderOf({ items: [{ sku: "JOURNEY-4", quantity: 1 }] });
    const before = await (await shop.post(body, key)).text();
    await cloud.kill();
    const port = Number(new URL(cloud.outputs.apiUrl).port);
    cloud = await startLocalCloud({ state: cloud.state, port, speed: 60 });
    const replayed = await (await shop.post(body, key)).text();

    expect(replayed).to.equal(before);
    await shop.reaches(Placed.parse(JSON.parse(before)).orderId, "shipping");
    expect(await shop.onHand("JOURNEY-4")).to.equal(8);
  });

  describe("the commands", () => {
    it("list, add to and set the stock, and say what cannot be", async () => {
      await shop.sells("JOURNEY-5", 7);
      const list = CatalogueItem.array().parse(JSON.parse((await run("stock", ["list", "--json"])).stdout));
      const add = await run("stock", ["add", "JOURNEY-5", "-3"]);
      const tooMany = await run("stock", ["add", "JOURNEY-5", "-9"]);
      const set = await run("stock", ["set", "JOURNEY-5", "20"]);
      const unknown = await run("stock", ["set", "NO-SUCH", "20"]);

      expect(list.find(({ sku }) => sku === "JOURNEY-5")?.onHand).to.equal(7);
      expect(add).to.deep.equal({ code: 0, stdout: "JOURNEY-5: 4 on hand\n", stderr: "" });
      expect(tooMany.stderr).to.equal("JOURNEY-5 has 4 on hand: 9 cannot be taken away.\n");
      expect(set).to.deep.equal({ code: 0, stdout: "JOURNEY-5: 20 on hand (was 4)\n", stderr: "" });
      expect(unknown.stderr).to.equal('There is no SKU "NO-SUCH". `npm run stock -- list` shows all.\n');
    });

    it("import a catalogue, or say every mistake of it with its line", async () => {
      const good = join(cloud.state, "good.csv");
      const bad = join(cloud.state, "bad.csv");
      const header = "sku,name,unitPrice,currency,onHand\n";
      await writeFile(good, `${header}NEW-1,"A ""new"" thing, large",100,EUR,3\nMUG-001,Stoneware mug,1399,EUR,1\n`);
      await writeFile(bad, `${header}OK-1,Fine,100,EUR,3\n-,x,1.5,EURO,-1\nOK-1,Again,1,EUR,1\n`);
      const had = await shop.onHand("MUG-001");
      const imported = await run("stock", ["import", good]);
      const refused = await run("stock", ["import", bad]);

      expect(imported.stdout).to.equal("2 imported: 1 new, 1 updated (their counts were kept).\n");
      expect([await shop.onHand("NEW-1"), await shop.onHand("MUG-001"), await shop.onHand("OK-1")]).to.deep.equal([
        3,
        had,
        undefined,
      ]);
      expect(refused).to.deep.equal({
        code: 1,
        stdout: "",
        stderr: [
          `${bad} has mistakes, nothing was imported:`,
          "  line 3: sku: must be a SKU, such as MUG-001",
          "  line 3: unitPrice: must be a whole number of minor units",
          "  line 3: currency: must be an ISO 4217 currency code",
          "  line 3: onHand: must be a whole number",
          "  line 4: sku: OK-1 is on line 2 already",
          "",
        ].join("\n"),
      });
    });

    it("show an order with its timeline, effects and queues", async () => {
      const orderId = await shop.place({ customer: { name: "Ada", email: "ada@example.com" } });
      await shop.reaches(orderId, "shipping");
      await shop.quiet();
      const shown = await run("orders", ["show", orderId]);
      const text = shown.stdout.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME").replaceAll(orderId, "ID");

      expect(text.replace(/SE\d{10}/, "NUMBER").split("\n")).to.deep.equal([
        "Order ID: shipping, Sandbox Express NUMBER",
        "  c-1815, placed TIME, 2798 EUR in minor units",
        "Items",
        "  2  MUG-001  Stoneware mug",
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
    });

    it("say how they are called, and what must be started", async () => {
      const nothing = await run("orders", []);
      const noCloud = await run("orders", ["show", "x", "--state", "/nowhere"]);

      expect([nothing.code, nothing.stderr.split("\n")[0]]).to.deep.equal([2, "What shall be shown?"]);
      expect(noCloud).to.deep.equal({
        code: 1,
        stdout: "",
        stderr:
          "There is no running local cloud (/nowhere/outputs.json is not there). Start it with `npm start`, or name a deployed stack with --stack.\n",
      });
    });
  });

  const run = (command: string, words: readonly string[]) =>
    runCommand(command, words.includes("--state") ? words : [...words, "--state", cloud.state]);
});
