import { expect } from "chai";
import { once } from "node:events";
import { createConnection } from "node:net";
import { createFaults } from "../../../local/endpoint/faults.ts";
import { createCounters } from "../../../local/history/counters.ts";
import type { PageArgs } from "../../../local/page/args.ts";
import { createLive } from "../../../local/page/live.ts";
import type { OrderRow } from "../../../local/page/views.ts";
import { listening } from "../../support/listening.ts";
import { until } from "../../support/until.ts";

const row = (text: string): OrderRow => ({
  ...{ id: "o-1", placedAt: "", status: "placed", customerId: "c-1", items: text, consumers: {} },
});

/** As much of the cloud as is looked at: something has always happened. */
function fakes() {
  let listener = (): void => undefined;
  const args = {
    program: { graph: new Map(), exports: {} },
    reports: { list: () => ({ watching: false, reports: [] }) },
    faults: createFaults(() => undefined),
    mailbox: { list: () => [] },
    messaging: Promise.resolve({ sqs: { queuesByName: new Map() } }),
    history: {
      counters: createCounters(),
      watch: (given: () => void) => {
        listener = given;
        return () => (listener = () => undefined);
      },
    },
  };
  let asked = 0;
  const summaries = {
    list: async () => ({ orders: [] }),
    refresh: async () => {
      asked++;
      listener();
      return [row("x".repeat(100_000))];
    },
  };
  return { args: args as unknown as PageArgs, summaries, asked: () => asked, happen: () => listener() };
}

describe("what the page is pushed", () => {
  it("reaches who reads it; who stops reading is cut off, and nothing is done for nobody", async () => {
    const { args, summaries, asked, happen } = fakes();
    const live = createLive(args, summaries);
    let cutOff = 0;
    const { server, url } = await listening((_request, response) => {
      response.once("close", () => cutOff++);
      live.open(response);
    });
    const { port } = new URL(url);
    const deaf = createConnection(Number(port), "127.0.0.1");
    deaf.on("error", () => undefined);
    deaf.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    await once(deaf, "connect");
    deaf.pause();
    const reader = (await fetch(url)).body?.getReader();
    let heard = "";
    await until("the reader hears of an order", async () => {
      happen();
      const read: { value?: Uint8Array | undefined } | undefined = await reader?.read();
      heard += new TextDecoder().decode(read?.value);
      return heard.includes('"orders":[{"id":"o-1"');
    });
    await until("who does not read is cut off", async () => {
      happen();
      void reader?.read();
      return cutOff === 1;
    });
    await reader?.cancel();
    await until("the reader has gone", () => cutOff === 2);
    const before = asked();
    happen();
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked()).to.equal(before);
    deaf.destroy();
    server.close();
  });
});
