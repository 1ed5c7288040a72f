import { expect } from "chai";
import * as z from "zod";
import { evaluateProgram, type Graph } from "../support/evaluate.ts";
import { someOfType, statements } from "../support/graph.ts";

const url = "https://carrier.order-fanout.dev/v1";
const PARAMETER = "aws:ssm/parameter:Parameter";
const Variables = z.object({ environment: z.object({ variables: z.object({ RESOURCES: z.string().optional() }) }) });

describe("a consumer's secret", () => {
  let graph: Graph;
  let exports: Record<string, unknown>;
  before(async () => {
    const over = {
      consumers: {
        shipment: { settings: { url, credential: "carrier" } },
        express: { handler: "shipment", settings: { url, credential: "carrier" } },
        pickup: { handler: "shipment", settings: { url } },
      },
    };
    ({ resources: graph, exports } = await evaluateProgram({ stack: "dev", over }));
  });

  it("is a SecureString of each consumer that names it, with a placeholder that no update writes again", () => {
    const parameters = someOfType(graph, PARAMETER).map(([, { name, inputs, ignoreChanges }]) => [
      name,
      inputs["name"],
      inputs["type"],
      inputs["value"],
      inputs["valueWo"],
      ignoreChanges,
    ]);
    const ignored = ["value", "valueWo", "valueWoVersion"];
    expect(parameters.sort()).to.deep.equal([
      ["express-credential", "/order-fanout/dev/express/carrier", "SecureString", undefined, "not set yet", ignored],
      ["shipment-credential", "/order-fanout/dev/shipment/carrier", "SecureString", undefined, "not set yet", ignored],
    ]);
  });

  it("may be read by its consumer's function, and by no other", () => {
    const readers = someOfType(graph, "aws:iam/rolePolicy:RolePolicy").flatMap(([, policy]) =>
      statements(policy)
        .filter(({ Action }) => Action.some((action) => /^(ssm|kms):/.test(action)))
        .map(({ Action, Resource }) => [policy.name, Action, Resource]),
    );
    expect(readers.map(([name, actions]) => [name, actions]).sort()).to.deep.equal([
      ["express-policy", ["ssm:GetParameter"]],
      ["shipment-policy", ["ssm:GetParameter"]],
    ]);
    for (const [name, , resource] of readers)
      expect(String(resource), String(name)).to.include(String(name).replace("-policy", "-credential"));
  });

  it("is named by its function's environment and by the stack's outputs, and is itself in neither", () => {
    const named = someOfType(graph, "aws:lambda/function:Function").flatMap(([, { name, inputs }]) => {
      const { RESOURCES = "{}" } = Variables.parse(inputs).environment.variables;
      return RESOURCES.includes("credential") ? [name] : [];
    });
    expect(named.sort()).to.deep.equal(["express", "shipment"]);
    expect(exports["secrets"]).to.deep.equal({ carrier: ["shipment-credential", "express-credential"] });
    const elsewhere = [...graph.values()].filter(({ type }) => type !== PARAMETER);
    expect(JSON.stringify(elsewhere.map(({ inputs }) => inputs))).to.not.include("not set yet");
  });
});
