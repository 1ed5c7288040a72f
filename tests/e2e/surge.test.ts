import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { expect } from "chai";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { orderKey } from "../../contracts/orders-table.ts";
import { startLocalCloud, type LocalCloud } from "../support/cloud.ts";
import { orderOf } from "../support/orders.ts";
import { Placed, Shop } from "../support/shop.ts";
import { until } from "../support/until.ts";

/** An answer as a client sees it that decides whether to repeat its request. */
interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: string;
}

describe("A surge on a new account: 10 functions at once, one e-mail a second", () => {
  let cloud: LocalCloud;
  let shop: Shop;
  before(async () => {
    cloud = await startLocalCloud({
      configFile: "tests/stacks/Pulumi.surge.yaml",
      speed: 60,
      accountConcurrency: 10,
    });
    shop = new Shop(cloud.outputs);
    await shop.sells("SURGE-1", 100_000);
  });
  after(() => cloud.kill());

  /** Gives the account its limits in SES, and a new day. */
  async function limit(settings: object): Promise<void> {
    expect(await cloud.local("ses", { method: "PUT", body: JSON.stringify(settings) })).to.deep.equal(settings);
  }

  /** Places orders from many clients at once; each repeats its request, with its key, until the order is accepted. */
  async function place(count: number, clients: number): Promise<{ orderIds: string[]; refusals: Answer[] }> {
    const orderIds: string[] = [];
    const refusals: Answer[] = [];
    let begun = 0;
    const client = async (): Promise<void> => {
      while (begun++ < count) {
        const order = orderOf({ items: [{ sku: "SURGE-1", quantity: 1 }] });
        const headers = { "idempotency-key": randomUUID() };
        for (let wait = 100; ; wait = Math.min(1_000, wait * 2)) {
          const response = await shop.post(order, headers);
          const body = await response.text();
          if (response.status === 201) {
            orderIds.push(Placed.parse(JSON.parse(body)).orderId);
            break;
          }
          refusals.push({ status: response.status, retryAfter: response.headers.get("retry-after"), body });
          await sleep(Math.random() * wait);
        }
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
    return { orderIds, refusals };
  }

  /** The orders whose customer did not get exactly one e-mail that it was placed and one that it is on its way. */
  async function misinformed(orderIds: readonly string[]): Promise<[string, string[]][]> {
    const subjects = new Map(orderIds.map((orderId): [string, string[]] => [orderId, []]));
    for (const { orderId, subject } of await shop.mails()) subjects.get(orderId)?.push(subject.slice(0, 7));
    const told = (list: string[]) => [...list].sort().join("; ") === "We have; Your or";
    return [...subjects].filter(([, list]) => !told(list));
  }

  /** Waits until every order is shipped: asks the table, for the API's functions are throttled. */
  async function shipped(orderIds: readonly string[]): Promise<void> {
    const { orders: TableName } = cloud.outputs.tables;
    for (const orderId of orderIds) {
      const command = new GetCommand({ TableName, Key: orderKey(orderId), ConsistentRead: true });
      const status = async (): Promise<unknown> => (await shop.documents.send(command)).Item?.["status"];
      await until(`${orderId} is shipped`, async () => (await status()) === "shipping", 300);
    }
  }

  it("ships 200 orders and sends every e-mail once; whoever is refused may repeat the request", async () => {
    await limit({ ratePerSecond: 1 });
    const { orderIds, refusals } = await place(200, 20);
    await shipped(orderIds);
    await until("every e-mail", async () => (await misinformed(orderIds)).length === 0, 300);
    await shop.quiet(300);

    const byGateway = JSON.stringify({ message: "Internal Server Error" });
    const unexpected = refusals.filter(
      ({ status, retryAfter, body }) =>
        !(status === 500 && body === byGateway) && !(status === 503 && retryAfter !== null),
    );
    expect(unexpected).to.deep.equal([]);
    expect(refusals.some(({ body }) => body === byGateway)).to.equal(true);
    expect(new Set(orderIds).size).to.equal(200);
    expect(await misinformed(orderIds)).to.deep.equal([]);
    expect(await shop.pending("deadLetterQueueUrl")).to.deep.equal({});
  });

  it("loses no e-mail to a day's quota: the rest is sent on the next day", async () => {
    const before = (await shop.mails()).length;
    const sent = async () => (await shop.mails()).length - before;
    await limit({ dailyQuota: 25 });
    const { orderIds } = await place(20, 5);
    await shipped(orderIds);
    const onlyMail = async () => Object.keys(await shop.pending()).join() === "notifications" && (await sent()) >= 25;
    await until("nothing is left but e-mails beyond the quota", onlyMail);
    const refused = /Daily message quota exceeded/;
    await until("an e-mail is refused", () => cloud.lines.some((line) => refused.test(line)));
    const today = await sent();
    await limit({ dailyQuota: 25 });
    await shop.quiet(300);

    expect([today, await sent()]).to.deep.equal([25, 40]);
    expect(await misinformed(orderIds)).to.deep.equal([]);
    expect(await shop.pending("deadLetterQueueUrl")).to.deep.equal({});
  });
});
