import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalCloud, type LocalCloud } from "../support/cloud.ts";
import { orderOf } from "../support/orders.ts";
import { Placed, Shop } from "../support/shop.ts";
import { until } from "../support/until.ts";

/** Errors that a stop would bring about: a service that has gone before its caller, a worker that is ended. */
const cutOff = /"event":"error"|ECONNREFUSED|ECONNRESET|socket hang up|ExitError/;

describe("Ctrl-C on the local cloud", () => {
  let state: string;
  let cloud: LocalCloud;
  before(async () => {
    state = await mkdtemp(join(tmpdir(), "order-fanout-stop-"));
    cloud = await startLocalCloud({ state, speed: 60 });
  });
  after(async () => {
    await cloud.kill();
    await rm(state, { recursive: true, force: true });
  });

  it("while orders come in shows no error, says where the state is, and a restart ships every accepted order", async () => {
    const shop = new Shop(cloud.outputs);
    await shop.sells("STOP-1", 100_000);
    const accepted: string[] = [];
    /** Places an order when its last one has shipped, so that a slow machine gets no more than it can do. */
    const client = async (): Promise<void> => {
      for (;;) {
        const response = await shop.post(orderOf({ items: [{ sku: "STOP-1", quantity: 1 }] }));
        if (response.status !== 201) continue;
        const { orderId } = Placed.parse(await response.json());
        accepted.push(orderId);
        await shop.reaches(orderId, "shipping");
      }
    };
    const gone = () => {}; // the cloud has ended, and its clients with it
    const clients = Array.from({ length: 4 }, () => client().catch(gone));
    const booked = async () => cloud.lines.some((line) => line.includes('"message":"booked"'));
    await until("every function at work", booked, 120);

    const code = await cloud.stop();
    await Promise.all(clients);
    expect(code).to.equal(0);
    expect(cloud.lines.at(-1)).to.equal(`{"event":"note","text":"stopped; state is kept in ${state}"}`);
    expect(cloud.lines.filter((line) => cutOff.test(line) || !line.startsWith("{"))).to.deep.equal([]);

    const port = Number(new URL(cloud.outputs.apiUrl).port);
    cloud = await startLocalCloud({ state, port, speed: 60 });
    for (const orderId of accepted) await shop.reaches(orderId, "shipping", 120);
  });
});
