import { expect } from "chai";
import * as z from "zod";
import { evaluate, evaluateProgram, type Program } from "../support/evaluate.ts";
import { ancestors, someOfType } from "../support/graph.ts";

/** What the stack's config says, in the graph: beside the rules that hold for every graph, in tests/policy/. */
const production = {
  production: true,
  alarms: { email: "alarms@order-fanout.dev" },
  corsOrigins: ["https://shop.order-fanout.dev"],
  auth: { issuer: "https://login.order-fanout.dev", audience: "order-fanout" },
  throttle: { rate: 7, burst: 11 },
  apiReservedConcurrency: 5,
  consumers: {
    inventory: { maxConcurrency: 30, reservedConcurrency: 31 },
    notifications: { settings: { from: "orders@shop.order-fanout.dev", sms: false } },
    shipment: { settings: { url: "https://carrier.order-fanout.dev/v1" } },
  },
};

describe("the stack's config, in the graph", () => {
  let dev: Program;
  let prod: Program;
  before(async () => {
    [dev, prod] = await Promise.all([evaluateProgram(), evaluateProgram({ over: { local: null, ...production } })]);
  });

  it("reserves for each function what it says, and for no other", () => {
    const functions = someOfType(prod.resources, "aws:lambda/function:Function").map(([urn, { name, inputs }]) => ({
      name,
      within: ancestors(prod.resources, urn).at(-1)?.split("::").at(-1),
      reserved: inputs["reservedConcurrentExecutions"],
    }));
    const expected: Readonly<Record<string, number>> = { api: 5, inventory: 31 };
    expect(functions).to.deep.equal(functions.map((one) => ({ ...one, reserved: expected[one.within ?? ""] })));
  });

  it("throttles the API, and admits the origins that it names", () => {
    const inputsOf = (type: string) => someOfType(prod.resources, type).map(([, { inputs }]) => inputs);
    expect(inputsOf("aws:apigatewayv2/stage:Stage").map((inputs) => inputs["defaultRouteSettings"])).to.deep.equal([
      { throttlingRateLimit: 7, throttlingBurstLimit: 11 },
    ]);
    const Cors = z.looseObject({ corsConfiguration: z.looseObject({ allowOrigins: z.array(z.string()) }) });
    const origins = inputsOf("aws:apigatewayv2/api:Api").map(
      (inputs) => Cors.parse(inputs).corsConfiguration.allowOrigins,
    );
    expect(origins).to.deep.equal([["https://shop.order-fanout.dev"]]);
  });

  it("leaves nothing undeletable outside production", () => {
    const kept = [...dev.resources.values()].filter(
      ({ protect, inputs }) => protect || inputs["deletionProtectionEnabled"] === true,
    );
    const buckets = someOfType(dev.resources, "aws:s3/bucket:Bucket").map(([, { inputs }]) => inputs["forceDestroy"]);
    expect([kept, buckets]).to.deep.equal([[], [true]]);
  });

  it("says in the outputs how each consumer stands a surge", () => {
    const Surges = z.object({ consumers: z.record(z.string(), z.unknown()) });
    const { consumers } = Surges.parse(dev.exports["surges"]);
    const configured = z.record(z.string(), z.unknown()).parse(dev.exports["consumers"]);
    expect(Object.keys(consumers)).to.deep.equal(Object.keys(configured));
  });

  it("has a component around every resource but the stack's own components", () => {
    const { resources } = prod;
    const orphans = [...resources].filter(([urn, { custom }]) => custom && ancestors(resources, urn).length === 0);
    expect(orphans.map(([urn]) => urn)).to.deep.equal([]);
    const components = [...resources.values()].filter(({ custom, type }) => !custom && !/^(pulumi|awsx):/.test(type));
    for (const { type, name } of components) expect(type, name).to.match(/^order-fanout:[a-z]+:[A-Z][A-Za-z]+$/);
  });

  it("counts each of the API's functions among the reservations, the preflight's too", async () => {
    const over = { apiReservedConcurrency: 100, accountConcurrency: 799, corsOrigins: ["http://shop.test"] };
    const refused = await evaluate("dev", over).catch(({ message }: Error) => message);
    expect(refused).to.match(/^ {2}accountConcurrency: 700 executions are reserved, .*\. Reserve at most 699,/m);
  });
});
