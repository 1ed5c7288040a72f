import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import * as z from "zod";
import { startLocalCloud, type LocalCloud } from "../support/cloud.ts";
import { runCommand, runScript } from "../support/command.ts";
import { orderOf } from "../support/orders.ts";
import { Placed, Shop } from "../support/shop.ts";
import { until } from "../support/until.ts";

async function setFaults(cloud: LocalCloud, faults: Record<string, unknown> | undefined): Promise<void> {
  const change = faults ? { method: "PUT", body: JSON.stringify(faults) } : { method: "DELETE" };
  expect(await cloud.local("faults", change)).to.deep.equal(faults ?? {});
}

const Metric = z.object({ OldestUnpublishedSeconds: z.number() });
const Relayed = z.object({ message: z.literal("relayed"), events: z.number() });

/** The relay's runs so far: each says the oldest event's age first, and then how many it has published. */
function relayRuns(cloud: LocalCloud): { relayed: number }[] {
  const runs: { relayed: number }[] = [];
  for (const { log } of cloud.logged("orders-relay")) {
    if (Metric.safeParse(log).success) runs.push({ relayed: 0 });
    const last = runs.at(-1);
    if (last) last.relayed += Relayed.safeParse(log).data?.events ?? 0;
  }
  return runs;
}

const Failed = z.object({ level: z.literal("error"), orderId: z.string() });
/** The shipments of an order that have failed so far. */
const refusals = (cloud: LocalCloud, orderId: string) =>
  cloud.logged("shipment").filter(({ log }) => Failed.safeParse(log).data?.orderId === orderId);

const configFile = "tests/stacks/Pulumi.faults.yaml";

describe("the local cloud with faults, at 20 times the speed", () => {
  let cloud: LocalCloud;
  let shop: Shop;
  before(async () => {
    cloud = await startLocalCloud({ configFile, speed: 20 });
    shop = new Shop(cloud.outputs);
  });
  after(() => cloud.stop());

  it("accepts orders while SNS is down, and the relay publishes them within two of its intervals (I4, I5)", async () => {
    await setFaults(cloud, { snsDown: true });
    const orderIds = await Promise.all(Array.from({ length: 10 }, () => shop.place()));
    const during = await Promise.all(orderIds.map((id) => shop.order(id)));
    const before = relayRuns(cloud).length;
    await setFaults(cloud, undefined);
    await Promise.all(orderIds.map((id) => shop.reaches(id, "shipping")));

    expect(during.map(({ status }) => status)).to.deep.equal(orderIds.map(() => "placed"));
    // The run that was under way when SNS came back, and two more.
    const runs = relayRuns(cloud).slice(Math.max(0, before - 1));
    const relayed = runs.slice(0, 3).reduce((sum, run) => sum + run.relayed, 0);
    expect(relayed, JSON.stringify(runs)).to.be.at.least(10);
  });

  it("loses nothing to a carrier that is down, and ships when it is back (I19)", async () => {
    await setFaults(cloud, { hostsDown: ["carrier.test"] });
    const orderIds = await Promise.all([shop.place(), shop.place(), shop.place()]);
    await Promise.all(
      orderIds.map((id) => until(`order ${id} is refused three times`, () => refusals(cloud, id).length >= 3)),
    );
    const during = await Promise.all(orderIds.map((id) => shop.order(id)));
    await setFaults(cloud, undefined);
    await Promise.all(orderIds.map((id) => shop.reaches(id, "shipping")));

    expect(during.map(({ status }) => status)).to.deep.equal(["confirmed", "confirmed", "confirmed"]);
    expect(await shop.pending("deadLetterQueueUrl")).to.deep.equal({});
  });
});

describe("the local cloud with faults, at 60 times the speed", () => {
  let cloud: LocalCloud;
  let shop: Shop;
  before(async () => {
    cloud = await startLocalCloud({ configFile, speed: 60 });
    shop = new Shop(cloud.outputs);
  });
  after(() => cloud.stop());

  it("has one order for 50 requests with one key, and the same answer after kill -9 (I16)", async () => {
    await shop.sells("ONE-KEY", 10);
    const key = { "idempotency-key": "fifty" };
    const body = orderOf({ items: [{ sku: "ONE-KEY", quantity: 1 }] });
    const responses = await Promise.all(Array.from({ length: 50 }, () => shop.post(body, key)));
    const texts = await Promise.all(responses.map((response) => response.text()));
    await cloud.kill();
    const { state, outputs } = cloud;
    cloud = await startLocalCloud({
      state,
      port: Number(new URL(outputs.apiUrl).port),
      configFile,
      speed: 60,
    });
    texts.push(await (await shop.post(body, key)).text());

    expect(responses.map(({ status }) => status)).to.deep.equal(responses.map(() => 201));
    expect(new Set(texts).size).to.equal(1);
    await shop.reaches(Placed.parse(JSON.parse(texts[0] ?? "")).orderId, "shipping");
    expect(await shop.onHand("ONE-KEY")).to.equal(9);
  });

  it("lists, shows, redrives and purges dead letters, and a redrive repeats nothing (I18)", async () => {
    const dlq = (...words: string[]) => runCommand("dlq", [...words, "--state", cloud.state]);
    const orderId = await shop.place({ customer: { name: "Ada", email: "ada@example.com" } });
    await shop.reaches(orderId, "shipping");
    await shop.quiet();
    const told = await shop.told(orderId);
    const QueueUrl = cloud.outputs.consumers["notifications"]?.deadLetterQueueUrl;
    const event = {
      specversion: "1.0",
      id: `${orderId}/order.placed`,
      source: "/order-fanout/faults",
      type: "order.placed",
      subject: orderId,
      time: new Date().toISOString(),
      datacontenttype: "application/json",
      data: { customerId: "c-1815", lines: [], total: { amount: 1, currency: "EUR" } },
    };
    for (let count = 0; count < 12; count++) {
      await shop.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(event) }));
    }

    const list = await dlq("list");
    const shown = await dlq("show", "notifications", "--json");
    const dry = await dlq("redrive", "notifications", "--dry-run");
    const redriven = await dlq("redrive", "notifications");
    await shop.quiet();
    await shop.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "poison" }));
    const unasked = await dlq("purge", "notifications");
    const purged = await dlq("purge", "notifications", "--yes");
    const unknown = await dlq("show", "notification");

    expect(list.stdout)
      .to.match(/^CONSUMER +WAITING +IN FLIGHT\n/)
      .and.to.match(/^notifications +12 +0$/m)
      .and.to.match(/^shipment +0 +0$/m);
    const letters = z.array(z.object({ event: z.string(), orderId: z.string() })).parse(JSON.parse(shown.stdout));
    expect(letters).to.deep.equal(Array.from({ length: 12 }, () => ({ event: "order.placed", orderId })));
    expect(dry.stdout).to.equal("12 would be redriven to notifications.\n");
    expect(redriven.stdout).to.equal("12 redriven to notifications.\n");
    expect(await shop.told(orderId)).to.deep.equal(told);
    expect([unasked.code, unasked.stderr.split("\n")[0]]).to.deep.equal([2, "Not a terminal: pass --yes to confirm."]);
    expect(purged.stdout).to.equal("1 dead letters of notifications deleted.\n");
    expect(await shop.pending("deadLetterQueueUrl")).to.deep.equal({});
    expect(unknown.stderr).to.equal(
      'There is no consumer "notification". Did you mean "notifications"? Known: inventory, notifications, shipment, analytics, loyalty.\n',
    );
  });
});

describe("npm run chaos", function () {
  // Half a minute, and many times that on a busy machine: the command itself notices when nothing moves any more.
  this.timeout(900_000);

  it("finds nothing lost, unexpected or duplicated, though the cloud is killed under way (I1, I2, I20)", async () => {
    const words = ["--orders", "60", "--rate", "15", "--kills", "1", "--json"];
    const { stdout, stderr } = await runScript("tests/chaos/chaos.ts", words, { timeout: 890_000 });
    const parsed: unknown = JSON.parse(stdout || JSON.stringify({ stderr }));

    expect(parsed).to.deep.include({ orders: 60, lost: [], unexpected: [], duplicated: [], pending: [], stock: [] });
    expect(parsed).to.have.nested.property("broken.cloudKills", 1);
  });
});
