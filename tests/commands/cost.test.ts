import { expect } from "chai";
import * as z from "zod";
import { estimate, type Demand } from "../../commands/cost/estimate.ts";
import { prices } from "../../commands/cost/prices.ts";
import { savingsOf, totalOf } from "../../commands/cost/savings.ts";
import { shapeOf, type StackShape } from "../../commands/cost/stack-shape.ts";
import type { Uses, Usage } from "../../commands/cost/usage.ts";
import { runCommand } from "../support/command.ts";
import { evaluateProgram, ownersValues, root } from "../support/evaluate.ts";
import { wrongCall, wrongly } from "./shared.ts";

const uses = (some: Partial<Uses>): Uses => ({
  ...{ calls: 0, hosts: 0, readUnits: 0, writeUnits: 0, publishes: 0, puts: 0, emails: 0, sms: 0, logBytes: 0 },
  ...some,
});

/** An order of one event, which one consumer receives and tells of in a log line that its batch shares. */
const journey = {
  alone: { "POST /orders": uses({ writeUnits: 10, publishes: 1 }), consumer: uses({ emails: 1, logBytes: 120 }) },
  inTens: { "POST /orders": uses({ writeUnits: 10, publishes: 1 }), consumer: uses({ emails: 1, logBytes: 12 }) },
};
const usage: Usage = {
  plain: journey,
  withSms: journey,
  schedules: { relay: uses({ readUnits: 10 }) },
  customMetrics: 10,
  events: ["order.placed"],
};
const consumer = { name: "one", handler: "consumer", types: ["order.placed"], memoryMb: 512 };
const stack: StackShape = {
  routes: [
    { name: "POST /orders", memoryMb: 1_024 },
    { name: "GET /health", memoryMb: 1_024 },
  ],
  consumers: [{ ...consumer, batchSize: 10, batchWindowSeconds: 0 }],
  schedules: [{ name: "relay", everySeconds: 60, memoryMb: 1_024 }],
  natGateways: 2,
  endpointZones: 0,
  alarmMetrics: 50,
  dashboards: 1,
};
const demand: Demand = { ordersPerMonth: 2_000_000, smsShare: 0.5, smsUsd: 0.04 };

/** The lines as `SERVICE quantity what: dollars`. */
const shown = (lines: ReturnType<typeof estimate>["idle"]): string[] =>
  lines.map(
    ({ service, what, quantity, usd }) => `${service} ${Number(quantity.toFixed(3))} ${what}: ${usd.toFixed(3)}`,
  );

describe("The cost of a stack", () => {
  it("is without any order what is there by the hour, the month or the minute", () => {
    expect(shown(estimate(stack, usage, demand).idle)).to.deep.equal([
      "VPC 1460 2 NAT gateways: 65.700",
      "VPC 1460 their 2 public addresses: 7.300",
      "CloudWatch 50 metrics of alarms: 5.000",
      "CloudWatch 10 metrics of the functions' own: 3.000",
      "CloudWatch 1 dashboards: 3.000",
      "SQS 657000 empty receives of 1 consumers' pollers: 0.263",
      "Lambda 43800 runs of the schedules' functions: 0.009",
      "Lambda 1533 GB-seconds of them: 0.020",
      "DynamoDB 438000 read units of them: 0.055",
      "CloudWatch 0.017 GB of their logs: 0.008",
      "EventBridge Scheduler 43800 runs of the schedules: 0.044",
    ]);
  });

  it("is for each order what its functions were counted to use", () => {
    expect(shown(estimate(stack, usage, demand).orders)).to.deep.equal([
      "DynamoDB 20000000 write units: 12.500",
      "DynamoDB 6.6 GB stored, their first month: 2.970",
      "SQS 6000000 sends, receives and deletes: 2.400",
      "Lambda 45000 GB-seconds: 0.600",
      "Lambda 4000000 invocations: 0.800",
      "CloudWatch 2.42 GB of logs: 1.210",
      "API Gateway 2000000 requests: 2.000",
      "SNS 2000000 publishes: 1.000",
      "VPC 80 GB through NAT gateways: 3.600",
      "SES 2000000 e-mails: 200.000",
      "SNS 1000000 SMS: 40000.000",
    ]);
  });

  it("shares a batch's part among the messages that arrive within its window, up to the batch's size", () => {
    const withWindow = (batchWindowSeconds: number) => {
      const consumers = [{ ...consumer, batchSize: 10, batchWindowSeconds }];
      const lines = estimate({ ...stack, consumers }, usage, demand).orders;
      return ["sends, receives and deletes", "invocations"].map((what) =>
        lines.find((one) => one.what === what)?.quantity.toFixed(0),
      );
    };
    // 2,000,000 a month are 0.761 a second: 3.044 in 4 seconds beside the one that opens the window, 10 in a minute.
    expect([0, 4, 60].map(withWindow)).to.deep.equal([
      ["6000000", "4000000"],
      ["2989085", "2494543"],
      ["2400000", "2200000"],
    ]);
  });

  it("names the changes of the config that save something, the most first", () => {
    const savings = savingsOf(stack, usage, demand).map(({ change, usd }) => [change, usd.toFixed(2)]);
    expect(savings).to.deep.equal([
      ["an e-mail less for each order", "200.00"],
      ["network: public, without NAT gateways", "76.60"],
      ["consumers.one.batchWindowSeconds: 10, with which a message waits so long at most", "2.39"],
    ]);
    const cheap = { ...stack, natGateways: 0 };
    expect(savingsOf(cheap, usage, { ...demand, ordersPerMonth: 100 })).to.deep.equal([]);
  });

  it("has a page for each price, and says which were not read", () => {
    const pages = Object.values(prices).map(({ page }) => page);
    expect(pages.filter((page) => !page.startsWith("https://aws.amazon.com/"))).to.deep.equal([]);
    const unread = Object.entries(prices).filter(({ 1: { read } }) => !/(^not read|, \d{4}-\d{2}-\d{2})$/.test(read));
    expect(unread).to.deep.equal([]);
  });

  it("takes its stack from the evaluated resources", async () => {
    const { resources } = await evaluateProgram({ stack: "prod", stacks: root, over: await ownersValues() });
    const shape = shapeOf(resources.values(), { loyalty: {}, inventory: { handler: "loyalty" } });
    expect({ ...shape, alarmMetrics: shape.alarmMetrics > 50 }).to.deep.include({
      natGateways: 3,
      endpointZones: 0,
      alarmMetrics: true,
      dashboards: 1,
      schedules: [
        { name: "relay", everySeconds: 60, memoryMb: 1_024 },
        { name: "holds", everySeconds: 3_600, memoryMb: 512 },
      ],
    });
    expect(shape.routes.map(({ name }) => name)).to.include.members(["POST /orders", "GET /orders/{orderId}"]);
    expect(shape.consumers.find(({ name }) => name === "inventory")).to.deep.equal({
      name: "inventory",
      handler: "loyalty",
      types: ["order.placed", "order.cancelled"],
      memoryMb: 512,
      batchSize: 10,
      batchWindowSeconds: 0,
    });
  });
});

const Lines = z.array(z.object({ service: z.string(), what: z.string(), quantity: z.number(), usd: z.number() }));
const Printed = z.looseObject({ idle: Lines, orders: Lines, usdPerMonth: z.number(), usdIdle: z.number() });

describe("npm run cost", () => {
  const wrong = async (words: string) => wrongly(await runCommand("cost", words.split(" ")));

  it("refuses a call that cannot be, and says what can", async () => {
    const calls = [
      "--stack dev",
      "--orders-per-month 1.5",
      "--orders-per-month 5 --emails=-1",
      "--orders-per-month 5 --sms-share 2",
      "--orders-per-month 5 --sms-share 0.3",
      "--orders-per-month 5 --sms-share 0.3 --sms-country GX",
      "--orders-per-month 5 --stack produ",
      "--orders-per-month 5 --emial 1",
    ];
    expect(await Promise.all(calls.map(wrong))).to.deep.equal([
      wrongCall("How many orders? Say --orders-per-month N."),
      wrongCall('--orders-per-month is a whole number; got "1.5".'),
      wrongCall('--emails is a number of 0 or more; got "-1".'),
      wrongCall('--sms-share is a number from 0 to 1; got "2".'),
      wrongCall("--sms-share needs --sms-country: an SMS costs 14 times as much in one country as in another."),
      wrongCall(
        'There is no price of an SMS for the country "GX". Did you mean "GB"? Known: AT, BE, CH, DE, DK, ES, FI, FR, GB, IE, IT, NL, NO, PL, PT, SE, US.',
      ),
      wrongCall('There is no stack "produ". Did you mean "prod"? Known: dev, local, prod.'),
      wrongCall("Unknown option '--emial'."),
    ]);
  });

  it("prints every line for programs, whose sum is the total", async () => {
    const words = "--orders-per-month 1000 --sms-share 0.5 --sms-country US --json".split(" ");
    const { code, stdout } = await runCommand("cost", words);
    expect(code).to.equal(0);
    const { idle, orders, usdPerMonth, usdIdle } = Printed.parse(JSON.parse(stdout));
    expect(totalOf({ idle, orders })).to.equal(usdPerMonth);
    expect(totalOf({ idle, orders: [] })).to.equal(usdIdle);
    expect(orders).to.deep.include({ service: "SNS", what: "SMS", quantity: 500, usd: 3.225 });
  });
});
