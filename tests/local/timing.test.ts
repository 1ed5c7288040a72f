import { expect } from "chai";
import * as z from "zod";
import { until } from "../support/until.ts";
import { Project } from "./support/project.ts";
import { roleOfFunctions } from "./support/role.ts";

const program = `
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
${roleOfFunctions}
new aws.lambda.Function("one", {
  role: role.arn, runtime: "nodejs24.x", handler: "index.handler",
  code: new pulumi.asset.AssetArchive({ "index.js": new pulumi.asset.StringAsset("exports.handler = () => 1;") }),
});
`;

const Timing = z.object({
  event: z.literal("timing"),
  phases: z.array(z.object({ name: z.string(), fromMs: z.number(), toMs: z.number() })),
});

describe("npm start -- --timing", () => {
  const project = new Project(program);
  after(() => project.remove());

  it("prints every phase of the start, once each function of an order has an execution environment", async () => {
    const cloud = await project.start(["--timing"]);
    const line = await until("the timing", () => cloud.lines.find((one) => one.startsWith('{"event":"timing"')));
    const { phases } = Timing.parse(JSON.parse(line));
    expect(phases.map(({ name }) => name.trim()).sort()).to.deep.equal([
      "DynamoDB (dynoxide)",
      "Node, and the local cloud's modules",
      "Pulumi program",
      "SNS, SQS, S3 (fauxqs)",
      "an execution environment of each function of an order",
      "orphans, catalogue, event sources",
      "program: SDK, index.ts and its modules",
      "program: bundles, the first function",
      "program: the other resources",
    ]);
    expect(phases.filter(({ fromMs, toMs }) => fromMs < 0 || toMs < fromMs)).to.deep.equal([]);
  });
});
