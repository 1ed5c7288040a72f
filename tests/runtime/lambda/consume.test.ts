import { expect } from "chai";
import { OrderPlaced } from "../../../contracts/events.ts";
import { consume } from "../../../runtime/lambda/consume.ts";
import { consumer } from "../../../runtime/index.ts";
import * as z from "zod";
import { captured, quietly } from "../../support/captured.ts";
import { batchOf, clock, failures, placedBody, record, variables } from "../../support/lambda.ts";

const env = variables();
const on = [OrderPlaced];

describe("consume()", () => {
  it("gives back record 4 of 10 alone when it fails, and runs the other nine once", async () => {
    const handled: string[] = [];
    const handler = consume(
      consumer({
        on,
        handle: async ({ subject }) => {
          handled.push(subject);
          if (subject === "o-4") throw new Error("no");
        },
      }),
      env,
    );
    expect(await quietly(() => handler(batchOf(10), clock()))).to.deep.equal(failures("m-4"));
    expect(handled.sort()).to.deep.equal(["o-1", "o-10", "o-2", "o-3", "o-4", "o-5", "o-6", "o-7", "o-8", "o-9"]);
  });

  it("reports nothing when all are done, and takes an empty batch", async () => {
    const handler = consume(consumer({ on, handle: async () => {} }), env);
    expect(await quietly(() => handler(batchOf(3), clock()))).to.deep.equal(failures());
    expect(await quietly(() => handler({ Records: [] }, clock()))).to.deep.equal(failures());
  });

  it("ignores an event that it does not subscribe to: a filter policy changes later than the code", async () => {
    const handled: string[] = [];
    const handler = consume(consumer({ on, handle: async ({ subject }) => void handled.push(subject) }), env);
    const other = record("m-0", placedBody("o-0").replaceAll("order.placed", "order.cancelled"));
    const { result, lines } = await captured(() => handler({ Records: [other, ...batchOf(1).Records] }, clock()));
    expect(result).to.deep.equal(failures());
    expect(handled).to.deep.equal(["o-1"]);
    expect(lines).to.deep.equal([
      {
        level: "warn",
        message: "ignored: not subscribed",
        function: "test",
        eventId: "o-0/order.cancelled",
        orderId: "o-0",
        event: "order.cancelled",
        messageId: "m-0",
      },
    ]);
  });

  for (const [what, thrown] of Object.entries({ "a string": "no", undefined: undefined, null: null, "a number": 0 })) {
    it(`counts a record as failed when ${what} is thrown`, async () => {
      const handler = consume(
        consumer({
          on,
          handle: async () => {
            // eslint-disable-next-line @typescript-eslint/only-throw-error -- what a handler may do by mistake
            throw thrown;
          },
        }),
        env,
      );
      const { result, lines } = await captured(() => handler(batchOf(2), clock()));
      expect(result).to.deep.equal(failures("m-1", "m-2"));
      expect(lines.map(({ error }) => error)).to.deep.equal(["not an Error was thrown", "not an Error was thrown"]);
    });
  }

  it("counts a record as failed when its handler throws before it is async", async () => {
    const handler = consume(
      {
        on,
        handle: () => {
          throw new Error("at once");
        },
      },
      env,
    );
    expect(await quietly(() => handler(batchOf(2), clock()))).to.deep.equal(failures("m-1", "m-2"));
  });

  describe("with handleBatch", () => {
    it("hands over the readable events together", async () => {
      const seen: string[][] = [];
      const handler = consume(
        consumer({ on, handleBatch: async (batch) => void seen.push(batch.map(({ event }) => event.subject)) }),
        env,
      );
      const Records = [record("m-0", "{"), ...batchOf(3).Records];
      expect(await quietly(() => handler({ Records }, clock()))).to.deep.equal(failures("m-0"));
      expect(seen).to.deep.equal([["o-1", "o-2", "o-3"]]);
    });

    it("gives back all of them when it throws", async () => {
      const handler = consume(
        consumer({
          on,
          handleBatch: async () => {
            throw new Error("no");
          },
        }),
        env,
      );
      expect(await quietly(() => handler(batchOf(3), clock()))).to.deep.equal(failures("m-1", "m-2", "m-3"));
    });

    it("is not called for a batch in which nothing can be read", async () => {
      let called = 0;
      const handler = consume(consumer({ on, handleBatch: async () => void called++ }), env);
      expect(await quietly(() => handler({ Records: [record("m-0", "{")] }, clock()))).to.deep.equal(failures("m-0"));
      expect(called).to.equal(0);
    });
  });

  it("gives back the whole batch, each time, when what it uses cannot be opened", async () => {
    let handled = 0;
    const handler = consume(
      consumer({
        module: import.meta,
        on,
        settings: z.strictObject({ url: z.url() }),
        handle: async () => void handled++,
      }),
      { ...env, SETTINGS: '{"url":"nowhere"}' },
    );
    expect(await quietly(() => handler(batchOf(2), clock()))).to.deep.equal(failures("m-1", "m-2"));
    expect(await quietly(() => handler(batchOf(1), clock()))).to.deep.equal(failures("m-1"));
    expect(handled).to.equal(0);
  });

  it("gives back the whole batch of a definition that handles nothing", async () => {
    const handler = consume({ on }, env);
    expect(await quietly(() => handler(batchOf(2), clock()))).to.deep.equal(failures("m-1", "m-2"));
  });

  it("begins nothing new when less than 3 s are left", async () => {
    let left = 30_000;
    const begun: string[] = [];
    const handler = consume(
      consumer({
        on,
        concurrency: 1,
        handle: async ({ subject }) => {
          begun.push(subject);
          if (subject === "o-2") left = 3_000;
        },
      }),
      env,
    );
    const { result, lines } = await captured(() => handler(batchOf(4), { getRemainingTimeInMillis: () => left }));
    expect(begun).to.deep.equal(["o-1", "o-2"]);
    expect(result).to.deep.equal(failures("m-3", "m-4"));
    expect(lines.map(({ message }) => message)).to.deep.equal(
      Array.from({ length: 2 }, () => "unprocessed: too little time is left"),
    );
  });

  for (const [concurrency, most] of [
    [undefined, 5],
    [1, 1],
    [2, 2],
  ] as const) {
    it(`handles ${most} at a time where concurrency is ${concurrency ?? "not set"}`, async () => {
      let running = 0;
      let peak = 0;
      const handler = consume(
        {
          on,
          ...(concurrency !== undefined && { concurrency }),
          handle: async () => {
            peak = Math.max(peak, ++running);
            await new Promise((resolve) => setImmediate(resolve));
            running--;
          },
        },
        env,
      );
      expect(await quietly(() => handler(batchOf(10), clock()))).to.deep.equal(failures());
      expect(peak).to.equal(most);
    });
  }

  it("handles one after the other in the order of the batch where concurrency is 1", async () => {
    const handled: string[] = [];
    const handler = consume(
      consumer({
        on,
        concurrency: 1,
        handle: async ({ subject }) => {
          await new Promise((resolve) => setImmediate(resolve));
          handled.push(subject);
          if (subject === "o-2") throw new Error("no");
        },
      }),
      env,
    );
    expect(await quietly(() => handler(batchOf(4), clock()))).to.deep.equal(failures("m-2"));
    expect(handled).to.deep.equal(["o-1", "o-2", "o-3", "o-4"]);
  });

  it("gives the handler its settings, a signal, and a log that names the order and the correlation id", async () => {
    const handler = consume(
      consumer({
        module: import.meta,
        on,
        settings: z.strictObject({ from: z.string(), sms: z.boolean().default(false) }),
        handle: async (_, { settings, signal, log }) => log.info("seen", { ...settings, aborted: signal.aborted }),
      }),
      { ...env, SETTINGS: '{"from":"a@example.com"}' },
    );
    const Records = [record("m-1", placedBody("o-1"), { correlationId: "corr-1" }), record("m-2", placedBody("o-2"))];
    const { lines } = await captured(() => handler({ Records }, clock()));
    const line = { level: "info", message: "seen", function: "test", event: "order.placed" };
    const settings = { from: "a@example.com", sms: false, aborted: false };
    expect(lines).to.deep.equal([
      { ...line, correlationId: "corr-1", orderId: "o-1", ...settings },
      { ...line, correlationId: "o-2/order.placed", orderId: "o-2", ...settings },
    ]);
  });

  it("aborts what still runs when only the time to answer is left", async () => {
    const handler = consume(
      consumer({
        on,
        handle: (_, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(new Error("aborted")));
          }),
      }),
      env,
    );
    const { result, lines } = await captured(() => handler(batchOf(1), clock(100)));
    expect(result).to.deep.equal(failures("m-1"));
    const at = { function: "test", correlationId: "o-1/order.placed", orderId: "o-1", event: "order.placed" };
    expect(lines[0]).to.deep.equal({ level: "warn", message: "still running at the deadline", ...at });
  });
});
