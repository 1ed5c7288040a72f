import { expect } from "chai";
import { readdirSync, statSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { isOurs } from "../../local/shared/state.ts";
import { conformanceSuite } from "../conformance/suite.ts";
import { startLocalCloud, type LocalCloud } from "../support/cloud.ts";
import { runCommand } from "../support/command.ts";
import { orderOf } from "../support/orders.ts";
import { canariesSuite } from "./canaries.ts";
import { Placed, Shop } from "../support/shop.ts";
import { until } from "../support/until.ts";

const Shown = z.object({ effects: z.array(z.object({ event: z.string(), outcome: z.unknown() })) });

const configFile = "tests/stacks/Pulumi.conformance.yaml";

describe("an order's journey on the local cloud", () => {
  let cloud: LocalCloud;
  let shop: Shop;

  before(async () => {
    cloud = await startLocalCloud({ configFile, speed: 120 });
    shop = new Shop(cloud.outputs);
  });
  after(() => cloud.stop());

  conformanceSuite(() => cloud);
  canariesSuite(() => ({ cloud, shop }));

  it("tells the customer at each step of a shipped order, once, and stores each event", async () => {
    await shop.sells("JOURNEY-1", 5);

    const orderId = await shop.place({ items: [{ sku: "JOURNEY-1", quantity: 2 }] });
    const { shipment, placedAt } = await shop.reaches(orderId, "shipping");
    await until("everybody is told", async () => (await shop.told(orderId)).length === 3);
    await until("its events are stored", async () => (await shop.eventsInBucket(orderId)).length === 3);
    await shop.quiet();

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
    const { asked, denied } = await shop.calls(orderId);
    expect(denied).to.deep.equal([]);
    const [placing, booking] = ["POST /orders", "shipment"].map((name) => [...(asked.get(name) ?? [])]);
    expect(placing).to.include.members(["dynamodb:PutItem", "sns:Publish"]);
    expect(booking).to.include.members(["dynamodb:BatchGetItem", "dynamodb:UpdateItem", "dynamodb:PutItem"]);
    const day = z.string().parse(placedAt).slice(0, 10);
    const stored = await shop.eventsInBucket(orderId);
    expect(stored.map(({ type }) => type)).to.have.members(["order.placed", "order.confirmed", "shipment.booked"]);
    expect(stored.every(({ key }) => key.startsWith(`events/dt=${day}/`))).to.equal(true);
    // No package warns of anything: what functions log is their own lines of JSON.
    expect(cloud.logged("").filter(({ line }) => line !== undefined)).to.deep.equal([]);
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

  it("puts an order on hold that the carrier refuses for good, leaves no dead letter, and ships it when it is released", async () => {
    const address = orderOf().shippingAddress;
    const orderId = await shop.place({ shippingAddress: { ...address, postalCode: "00000", countryCode: "DE" } });
    const { timeline } = await shop.reaches(orderId, "on-hold");
    await shop.quiet();

    expect(timeline.map(({ type }) => type)).to.deep.equal(["order.placed", "order.confirmed", "shipment.refused"]);
    expect(await shop.pending("deadLetterQueueUrl")).to.deep.equal({});

    const folder = await mkdtemp(join(tmpdir(), "order-fanout-address-"));
    const file = join(folder, "address.json");
    const release = (...words: string[]) =>
      runCommand("orders", ["release", orderId, "--state", cloud.state, ...words]);
    await writeFile(file, JSON.stringify({ ...address, postalCode: "1", countryCode: "DE" }));
    const wrong = await release("--address", file);
    await writeFile(file, JSON.stringify({ ...address, postalCode: "10115", countryCode: "DE" }));
    const released = await release("--address", file);
    const shipped = await shop.reaches(orderId, "shipping");
    const again = await release();
    await rm(folder, { recursive: true });

    expect([wrong.code, wrong.stderr]).to.deep.equal([
      1,
      `${file} has no address to ship to (postalCode: custom). Correct it.\n`,
    ]);
    expect([released.code, released.stdout]).to.deep.equal([
      0,
      `Order ${orderId} is confirmed again: its shipment is booked anew.\n`,
    ]);
    expect(shipped.timeline.map(({ type }) => type).slice(3)).to.deep.equal(["order.released", "shipment.booked"]);
    expect([again.code, again.stderr]).to.deep.equal([
      1,
      "The order is shipping: only one that is on hold can be released.\n",
    ]);
  });

  it("records an e-mail that SES refuses, ships all the same, and leaves no dead letter", async () => {
    const orderId = await shop.place({ customer: { name: "Bo", email: "bounce@example.com" } });
    await shop.reaches(orderId, "shipping");
    await shop.quiet();
    const shown = await runCommand("orders", ["show", orderId, "--json", "--state", cloud.state]);

    const { effects } = Shown.parse(JSON.parse(shown.stdout));
    expect(effects.map(({ event, outcome }) => [event, outcome])).to.have.deep.members([
      ["order.placed", { outcome: "refused", reason: "MessageRejected" }],
      ["shipment.booked", { outcome: "refused", reason: "MessageRejected" }],
    ]);
    expect(await shop.pending("deadLetterQueueUrl")).to.deep.equal({});
  });

  it("keeps what it acknowledged when it is killed, and answers as before after a restart", async () => {
    await shop.sells("JOURNEY-4", 9);
    const key = { "idempotency-key": "before-the-kill" };
    const body = orderOf({ items: [{ sku: "JOURNEY-4", quantity: 1 }] });
    const before = await (await shop.post(body, key)).text();
    await cloud.kill();
    const port = Number(new URL(cloud.outputs.apiUrl).port);
    cloud = await startLocalCloud({ state: cloud.state, port, configFile, speed: 120 });
    const replayed = await (await shop.post(body, key)).text();

    expect(replayed).to.equal(before);
    await shop.reaches(Placed.parse(JSON.parse(before)).orderId, "shipping");
    expect(await shop.onHand("JOURNEY-4")).to.equal(8);
  });

  it("keeps nothing that --fresh would leave, and nothing that others may read", () => {
    const names = readdirSync(cloud.state);
    const open = readdirSync(cloud.state, { recursive: true, encoding: "utf8" }).filter(
      (name) => process.platform !== "win32" && (statSync(join(cloud.state, name)).mode & 0o077) !== 0,
    );

    expect(names.filter((name) => !isOurs(name))).to.deep.equal([]);
    expect(open).to.deep.equal([]);
  });
});
