import { expect } from "chai";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { registry } from "../handlers/index.ts";
import { root } from "./support/evaluate.ts";
import { loadConfigs, type Loaded } from "./support/load-config.ts";

const FAST = {
  auth: { issuer: "https://login.order-fanout.dev", audience: "shop" },
  alarms: { email: "alarms@order-fanout.dev" },
  throttle: { rate: 400, burst: 800 },
};

/** A config with mistakes, and each line that the error has. */
const mistaken: Record<string, { config: object; mistakes: string[] }> = {
  "pollers out of their ranges, upside down, and beside a maximum concurrency": {
    config: {
      consumers: {
        inventory: { provisioned: { min: 1, max: 2_001 } },
        shipment: { provisioned: { min: 20, max: 10 } },
        audit: { provisioned: { min: 2, max: 2 }, maxConcurrency: 10 },
      },
    },
    mistakes: [
      "consumers.inventory.provisioned.min: Too small: expected number to be >=2; got 1",
      "consumers.inventory.provisioned.max: Too big: expected number to be <=2000; got 2001",
      "consumers.shipment.provisioned.min: must be at most max; got 20",
      'consumers.audit.provisioned: stands instead of maxConcurrency: AWS takes one of them; got {"min":2,"max":2}',
    ],
  },
  "a batch that takes longer than its function may": {
    config: {
      consumers: {
        inventory: { batchSize: 301, batchWindowSeconds: 1 },
        shipment: { batchSize: 1_501, batchWindowSeconds: 1 },
        loyalty: { expectedMilliseconds: 15_001 },
        analytics: { expectedMilliseconds: 30_001 },
      },
    },
    mistakes: [
      "consumers.inventory.batchSize: a batch of 301 takes 30.1 s and the function ends after 30 s, so that messages never begun would become dead letters. Make batchSize smaller or timeoutSeconds longer, or say expectedMilliseconds",
      "consumers.shipment.batchSize: a batch of 1501 takes 30.1 s and the function ends after 30 s, so that messages never begun would become dead letters. Make batchSize smaller or timeoutSeconds longer, or say expectedMilliseconds",
      "consumers.loyalty.batchSize: a batch of 10 takes 30.002 s and the function ends after 30 s, so that messages never begun would become dead letters. Make batchSize smaller or timeoutSeconds longer, or say expectedMilliseconds",
      "consumers.analytics.batchSize: a batch of 100 takes 30.001 s and the function ends after 30 s, so that messages never begun would become dead letters. Make batchSize smaller or timeoutSeconds longer, or say expectedMilliseconds",
    ],
  },
  "a backlog that its queue would forget": {
    config: {
      throttle: { rate: 1_441, burst: 1_441 },
      consumers: { inventory: { maxConcurrency: 2 }, shipment: { maxConcurrency: 2 } },
    },
    mistakes: [
      "consumers.inventory: an hour of 1441 requests a second takes 72.1 hours to drain, and its queue forgets messages after 96. Raise maxConcurrency, or lower throttle.rate",
    ],
  },
  "a reservation below what the consumer works on at the same time": {
    config: {
      consumers: {
        inventory: { reservedConcurrency: 9 },
        shipment: { provisioned: { min: 2, max: 3 }, reservedConcurrency: 29 },
      },
    },
    mistakes: [
      "consumers.inventory.reservedConcurrency: is below the 10 batches that it works on at the same time; got 9. Lambda would throttle batches, and each throttle uses up a receive",
      "consumers.shipment.reservedConcurrency: is below the 30 batches that it works on at the same time; got 29. Lambda would throttle batches, and each throttle uses up a receive",
    ],
  },
  "more reservations than Lambda lets an account have": {
    config: {
      apiReservedConcurrency: 50,
      accountConcurrency: 500,
      consumers: { inventory: { maxConcurrency: 100, reservedConcurrency: 101 } },
    },
    mistakes: [
      "accountConcurrency: 401 executions are reserved, and Lambda keeps 100 of the account's 500 unreserved. Reserve at most 400, or ask AWS for a larger quota",
    ],
  },
  "a reservation in a new account": {
    config: { accountConcurrency: 10, consumers: { inventory: { maxConcurrency: 2, reservedConcurrency: 2 } } },
    mistakes: [
      "accountConcurrency: 2 executions are reserved, and Lambda keeps 100 of the account's 10 unreserved. Reserve at most 0, or ask AWS for a larger quota",
    ],
  },
};

const borderline = {
  throttle: { rate: 1_440, burst: 1_440 },
  accountConcurrency: 500,
  apiReservedConcurrency: 50,
  consumers: {
    inventory: { maxConcurrency: 2 },
    shipment: { batchSize: 1_500, batchWindowSeconds: 1, maxConcurrency: 100, reservedConcurrency: 100 },
  },
};

describe("a surge of the API's full rate", () => {
  const configs = [...Object.values(mistaken).map(({ config }) => config), borderline];
  let loaded: Loaded[];
  let [fast, usual, small, plain]: (Loaded | undefined)[] = [];
  before(async () => {
    const consumers = {
      inventory: { maxConcurrency: 40, expectedMilliseconds: 60 },
      "points-acme": { handler: "loyalty", provisioned: { min: 2, max: 5 }, maxConcurrency: undefined },
      notifications: { expectedMilliseconds: 40, settings: { from: "orders@order-fanout.dev" } },
      analytics: { batchSize: 100, batchWindowSeconds: 5, maxConcurrency: 2 },
    };
    const everybody = Object.fromEntries([...Object.keys(registry), "audit"].map((name) => [name, {}]));
    const inNewAccount = { accountConcurrency: 10, consumers: { audit: { maxConcurrency: 20 } } };
    const five = { inventory: {}, notifications: {}, shipment: {}, analytics: {}, audit: {} };
    const others = [{ ...FAST, consumers }, { consumers: everybody }, inNewAccount, { consumers: five }];
    loaded = await loadConfigs([...configs, ...others]);
    [fast, usual, small, plain] = loaded.slice(configs.length);
  });

  for (const [index, [name, { mistakes }]] of Object.entries(mistaken).entries()) {
    it(`is refused with ${name}`, () => {
      const count = mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`;
      expect(loaded[index]?.error?.split("\n")).to.deep.equal([
        `ConfigError: Pulumi.dev.yaml has ${count}:`,
        ...mistakes.map((line) => `  ${line}`),
      ]);
    });
  }

  it("is taken where everything is just within its limit", () => {
    expect(loaded[configs.length - 1]?.error).to.equal(undefined);
  });

  it("is computed for each consumer from its limits, its handler and what its entry says, and for each table", () => {
    expect(fast?.surges).to.deep.equal({
      rate: 400,
      accountConcurrency: 1_000,
      consumers: {
        // 40 batches of 10, one after the other, 60 ms each; an order's cancelling is a request of its own.
        inventory: {
          milliseconds: 60,
          assumed: false,
          sustains: 400_000 / 600,
          perRequest: 1,
          arriving: 400,
          drainMinutes: 36,
          concurrency: 40,
          writeUnits: 400 * (2 * 2 + 3 + 2 + 3 * 2),
        },
        // 5 pollers with 10 invocations each, of 10 messages, 5 at a time.
        "points-acme": {
          milliseconds: 100,
          assumed: true,
          sustains: 2_500,
          perRequest: 1,
          arriving: 400,
          drainMinutes: 9.6,
          concurrency: 50,
          writeUnits: 400 * 2 * 2,
        },
        // order.placed and shipment.booked; one e-mail after the other.
        notifications: {
          milliseconds: 40,
          assumed: false,
          sustains: 250,
          perRequest: 2,
          arriving: 800,
          drainMinutes: 192,
          concurrency: 10,
          writeUnits: 800 * 2 * 3,
        },
        // A batch of 100 is one piece of work; placed, confirmed and booked.
        analytics: {
          milliseconds: 100,
          assumed: true,
          sustains: 2_000,
          perRequest: 3,
          arriving: 1_200,
          drainMinutes: 36,
          concurrency: 2,
          writeUnits: 0,
        },
      },
      writeUnits: {
        // Order, contact, key and event of POST /orders, its mark; inventory's order, contact, event and mark.
        orders: 400 * (4 * 2 + 1 + 2 * 2 + 2 + 1),
        "outbox index": 400 * (2 + 2),
        stock: 400 * 3 * 2,
        "points-acme-balances": 400 * 2 * 2,
        effects: 800 * 2 * 3,
      },
    });
  });

  it("is printed at preview as a table, with a warning for each consumer that it outruns", () => {
    expect(fast?.printed).to.deep.equal([
      [
        "info: [runtime] A surge of 400 requests a second, the API's throttle:",
        "consumer        ms a message  sustains/s  per request  arriving/s  min to drain an hour  concurrency  write units/s",
        "inventory                 60       666.7            1         400                    36           40          6,000",
        "points-acme    100 (assumed)       2,500            1         400                   9.6           50          1,600",
        "notifications             40         250            2         800                   192           10          4,800",
        "analytics      100 (assumed)       2,000            3       1,200                    36            2              0",
        "The consumers use 102 of the account's 1,000 concurrent executions.",
        "Write units a second, where a fresh table takes 4,000: orders 6,400 (too many), outbox index 1,600, stock 2,400, points-acme-balances 1,600, effects 4,800 (too many).",
      ].join("\n"),
    ]);
    expect(fast?.warnings).to.deep.equal([
      "warning: [runtime] consumers.notifications: 400 requests a second bring 800 messages a second, and it sustains 250: a backlog would grow. Raise maxConcurrency, or lower throttle.rate",
    ]);
  });

  it("is in the README as the program prints it, at the defaults", async () => {
    const text = await readFile(join(root, "README.md"), "utf8");
    const [, table] = /```\n(A surge of [^`]+)\n```/.exec(text) ?? [];
    expect(plain?.printed).to.deep.equal([`info: [runtime] ${table}`]);
  });

  it("finds no more executions than the account has", () => {
    expect(small?.surges).to.have.nested.property("consumers.audit.concurrency", 10);
    expect(small?.surges).to.have.nested.property("consumers.audit.sustains", 500);
  });

  it("outruns no handler with the defaults", () => {
    expect(usual?.warnings.filter((line) => line.includes("a backlog would grow"))).to.deep.equal([]);
  });
});
