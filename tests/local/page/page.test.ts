import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OrderDetails, OrderList, QueueDetails, QueueView } from "../../../local/page/views.ts";
import { startLocalCloud, type LocalCloud } from "../../support/cloud.ts";
import { orderOf } from "../../support/orders.ts";
import { Shop } from "../../support/shop.ts";
import { until } from "../../support/until.ts";

/** One running cloud for all: each start costs seconds. */
describe("the local page's JSON", () => {
  let state: string;
  let cloud: LocalCloud;
  let shop: Shop;
  const start = async (): Promise<void> => {
    cloud = await startLocalCloud({ state, configFile: "tests/stacks/Pulumi.page.yaml", speed: 60 });
    shop = new Shop(cloud.outputs);
  };
  before(async () => {
    state = mkdtempSync(join(tmpdir(), "order-fanout-page-"));
    await start();
    await shop.sells("PAGE-1", 100);
  });
  after(async () => {
    await cloud.stop();
    rmSync(state, { recursive: true, force: true });
  });

  const get = async <T>(path: string): Promise<T> => (await cloud.local(path)) as T;
  const post = (path: string, body: unknown, method = "POST") =>
    cloud.local(path, { method, body: JSON.stringify(body) });
  const items = [{ sku: "PAGE-1", quantity: 1 }];
  const deadLetters = (consumer: string) => cloud.outputs.consumers[consumer]?.deadLetterQueueUrl ?? "";
  const shipped = async (): Promise<string> => {
    const orderId = await shop.place({ items });
    await shop.reaches(orderId, "shipping");
    await shop.quiet();
    return orderId;
  };

  it("has an order's whole way, with each call, its verdict and what it carried, also after a kill -9", async () => {
    const orderId = await shipped();
    await until("the history has all", async () => {
      const { runs } = await get<OrderDetails>(`orders/${orderId}`);
      const ended = runs.filter(
        ({ function: name, durationMs }) => name === "notifications" && durationMs !== undefined,
      );
      return ended.length === 2;
    });
    await cloud.kill();
    await start();
    const order = await get<OrderDetails>(`orders/${orderId}`);
    const ran = order.runs.map((run) => `${run.function}: ${run.what}`);
    expect(new Set(ran)).to.deep.equal(
      new Set([
        "POST /orders: POST /orders",
        ...["inventory", "notifications", "analytics", "audit"].map((name) => `${name}: order.placed`),
        ...["shipment", "analytics"].map((name) => `${name}: order.confirmed`),
        ...["notifications", "analytics"].map((name) => `${name}: shipment.booked`),
      ]),
    );
    const booking = order.runs
      .find(({ function: name }) => name === "shipment")
      ?.calls.find((call) => call.operation.startsWith("https:"));
    expect(booking).to.include({ operation: "https:POST carrier.test/v1/shipments", status: 201, verdict: "allowed" });
    expect(booking?.request).to.include(orderId);
    expect(booking?.answer).to.include("Sandbox Express");
    const [placing] = order.runs;
    expect(placing?.request).to.include("PAGE-1");
    const writing = placing?.calls.find(({ operation }) => operation === "dynamodb:TransactWriteItems");
    expect(writing?.asked).to.have.length.above(0);
    for (const ask of writing?.asked ?? []) expect(ask.statement).to.match(/^api-post-orders-policy \d+$/);
    expect(order.timeline.map(({ type }) => type)).to.deep.equal([
      "order.placed",
      "order.confirmed",
      "shipment.booked",
    ]);
    expect(order.effects.map(({ effect, outcome }) => [effect, outcome])).to.deep.include([
      "notifications sms",
      "sent",
    ]);
    expect(order.messages).to.have.length(3);
    const { orders } = await get<OrderList>(`orders?text=${orderId}`);
    expect(orders.map(({ id, status }) => [id, status])).to.deep.equal([[orderId, "shipping"]]);

    await cloud.local(`orders/${orderId}`, { method: "DELETE" });
    const erased = await get<OrderDetails>(`orders/${orderId}`);
    expect([erased.runs, erased.messages]).to.deep.equal([[], []]);
  });

  it("says why an order is on hold: who refused its shipment, and what it answered", async () => {
    const shippingAddress = { ...orderOf().shippingAddress, postalCode: "00000", countryCode: "DE" };
    const orderId = await shop.place({ items, shippingAddress });
    await shop.reaches(orderId, "on-hold");
    const why = await until("the page says why", async () => {
      const { order } = await get<OrderDetails>(`orders/${orderId}`);
      return order?.onHoldBecause;
    });
    expect(why).to.match(/^carrier\.test refused the shipment: HTTP 422 .*no delivery to postal code 00000/);
    await post(`orders/${orderId}/release`, { shippingAddress: orderOf().shippingAddress });
    await shop.reaches(orderId, "shipping");
    const { order } = await get<OrderDetails>(`orders/${orderId}`);
    expect(order).to.not.have.property("onHoldBecause");
  });

  it("looks into queues without a receive, and says by their limits when a message comes again and is set aside", async () => {
    await cloud.local("faults", { method: "PUT", body: JSON.stringify({ hostsDown: ["carrier.test"] }) });
    const orderId = await shop.place({ items });
    const waiting = await until("the shipment has failed once", async () => {
      const order = await get<OrderDetails>(`orders/${orderId}`);
      return order.waiting.some(({ consumer, receives }) => consumer === "shipment" && receives > 0) && order;
    });
    const message = waiting.waiting.find(({ consumer }) => consumer === "shipment");
    const { visibilitySeconds = 0, maxReceives = 0 } =
      (await get<QueueView[]>("queues")).find(({ consumer }) => consumer === "shipment") ?? {};
    const { nextAttemptAt = 0, setAsideAt = 0, receives = 0 } = message ?? {};
    expect(message).to.include({ consumer: "shipment", event: "order.confirmed", maxReceives });
    expect(setAsideAt - nextAttemptAt).to.be.closeTo((maxReceives - receives) * visibilitySeconds * 1_000, 1);

    const dead = await until("it is set aside", async () => {
      const [letter] = (await get<QueueDetails>("queues/shipment")).deadLetters;
      return letter?.orderId === orderId && letter;
    });
    expect(dead.error).to.equal("Error: the carrier answered 503");
    const { orders } = await get<OrderList>("orders?consumer=shipment");
    expect(orders.map(({ id, consumers }) => [id, consumers["shipment"]])).to.deep.equal([[orderId, "dead"]]);
    for (let count = 0; count < 5; count++) await get("queues/shipment");
    const again = (await get<QueueDetails>("queues/shipment")).deadLetters[0];
    expect([dead.receives, again?.receives]).to.deep.equal([dead.maxReceives, dead.maxReceives]);
    const { Attributes } = await shop.sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: deadLetters("shipment"),
        AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
      }),
    );
    expect(Attributes).to.deep.equal({ ApproximateNumberOfMessages: "1", ApproximateNumberOfMessagesNotVisible: "0" });

    await cloud.local("faults", { method: "DELETE" });
    const dryRun = await post("queues/shipment/redrive", { event: "order.confirmed", dryRun: true });
    expect(dryRun).to.deep.equal({ dryRun: true, redriven: 1, messageIds: [dead.messageId] });
    expect((await get<QueueDetails>("queues/shipment")).dead).to.equal(1);
    expect(await post("queues/shipment/redrive", { error: "another", dryRun: false })).to.include({ redriven: 0 });
    expect(await post("queues/shipment/redrive", { error: dead.error })).to.include({ redriven: 1 });
    await shop.reaches(orderId, "shipping");
  });

  it("counts no receive of a message that is only looked at", async () => {
    await shop.sqs.send(new SendMessageCommand({ QueueUrl: deadLetters("audit"), MessageBody: "looked at" }));
    for (let count = 0; count < 5; count++) await get("queues/audit");
    const { Messages = [] } = await shop.sqs.send(
      new ReceiveMessageCommand({
        ...{ QueueUrl: deadLetters("audit"), VisibilityTimeout: 0 },
        MessageSystemAttributeNames: ["ApproximateReceiveCount"],
      }),
    );
    expect(Messages.map(({ Attributes }) => Attributes?.ApproximateReceiveCount)).to.deep.equal(["1"]);
    const count = await until("it is visible again", async () => {
      const { deadLetters: letters } = await get<QueueDetails>("queues/audit");
      return letters.length === 1 && 1;
    });
    expect(await post("queues/audit/purge", { count: count + 1 })).to.deep.equal({
      message: "audit has 1 dead letters now, not 2. Look again.",
    });
    expect(await post("queues/audit/purge", { count })).to.deep.equal({ purged: 1 });
  });

  it("sends a dead letter that was edited as a new message, once, and takes the old one away", async () => {
    const orderId = await shipped();
    const send = new SendMessageCommand({ QueueUrl: deadLetters("audit"), MessageBody: "broken" });
    const { MessageId: replaces } = await shop.sqs.send(send);
    const { timeline } = await get<OrderDetails>(`orders/${orderId}`);
    const replayed = await post(`orders/${orderId}/replay`, { eventId: timeline[0]?.id, consumer: "audit" });
    expect(replayed).to.have.property("messageId");
    const event = await until("the replay is in the history", async () => {
      const { runs } = await get<OrderDetails>(`orders/${orderId}`);
      return runs.filter(({ function: name }) => name === "audit").length === 2;
    });
    expect(event).to.equal(true);
    const body = JSON.stringify({ edited: true });
    expect(await post("queues/audit/send", { body, replaces })).to.deep.equal({ replaced: replaces });
    expect(await post("queues/audit/send", { body, replaces })).to.deep.equal({
      message: `audit has no dead letter ${replaces} any more. Load the page again.`,
    });
    const letter = await until("the edited message is set aside too", async () => {
      const [first] = (await get<QueueDetails>("queues/audit")).deadLetters;
      return first;
    });
    expect([letter.body, letter.messageId === replaces]).to.deep.equal([body, false]);
    await post("queues/audit/purge", { count: 1 });
  });

  it("sets a count that has not moved, draws the program, and answers what is not there with 404", async () => {
    expect(await post("stock/PAGE-1", { onHand: 7, was: -1 }, "PUT")).to.deep.equal({
      message: "PAGE-1 has moved meanwhile, from -1: nothing was set. Look again.",
    });
    const topology = await get<{
      nodes: { id: string; kind: string; label: string }[];
      edges: { from: string; to: string }[];
    }>("topology");
    const named = (id: string) => topology.nodes.find((node) => node.id === id)?.label;
    const drawn = topology.edges.map(({ from, to }) => `${named(from)} -> ${named(to)}`);
    expect(drawn).to.include.members([
      "api -> POST /orders",
      "order-events -> shipment",
      "shipment -> shipment",
      "shipment -> carrier.test",
      "notifications -> E-mail",
      "notifications -> SMS",
      "inventory -> orders-stock",
    ]);
    const node = topology.nodes.find(({ label, kind }) => label === "shipment" && kind === "function");
    const details = await get<Record<string, unknown>>(`topology/${encodeURIComponent(node?.id ?? "")}`);
    expect(Object.keys(details)).to.deep.equal(["id", "config", "environment", "policies", "logs", "metrics"]);
    for (const path of ["orders/none", "queues/none", "topology/none", "code/none.ts"]) {
      const { status } = await fetch(`${cloud.outputs.local.endpoint}/_local/${path}`);
      expect(status, path).to.equal(404);
    }
  });

  it("comes with a document for browsers that nobody frames, and that is not cached", async () => {
    const { endpoint } = cloud.outputs.local;
    const html = { headers: { accept: "text/html" }, redirect: "manual" } as const;
    const page = await fetch(`${endpoint}/_local/orders`, html);
    expect(page.headers.get("content-security-policy"))
      .to.include("default-src 'none'")
      .and.include("frame-ancestors 'none'");
    expect([page.headers.get("cache-control"), page.headers.get("cross-origin-resource-policy")]).to.deep.equal([
      "no-store",
      "same-origin",
    ]);
    const opened = [endpoint, cloud.outputs.apiUrl].map(async (url) =>
      (await fetch(`${url}/`, html)).headers.get("location"),
    );
    expect(await Promise.all(opened)).to.deep.equal(["/_local/", `${endpoint}/_local/`]);
    const signed = await fetch(`${cloud.outputs.apiUrl}/`, {
      headers: { ...html.headers, authorization: "x" },
      redirect: "manual",
    });
    expect(signed.status).to.equal(404);
  });
});
