import proto from "@pulumi/pulumi/proto/analyzer_pb.js";
import { expect } from "chai";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { packFile, packSource } from "../../policy/build.ts";
import type { Graph } from "../../policy/graph.ts";
import { rules } from "../../policy/rules.ts";
import { FUNCTION, QUEUE, QUEUE_POLICY } from "../../policy/types.ts";
import { evaluateProgram, root } from "../support/evaluate.ts";
import { policyGraph } from "../support/policy-graph.ts";
import { all, hide, replace, set } from "./edits.ts";
import { startPack } from "./pack-process.ts";

const Package = z.looseObject({
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()).default({}),
});
const readPackage = async (file: string) => Package.parse(JSON.parse(await readFile(join(root, file), "utf8")));

describe("the policy pack", () => {
  it("is made of the rules as they are", async () => {
    expect(await readFile(packFile, "utf8"), "policy/pack/index.js lags behind. Run `npm run policy`").to.equal(
      await packSource(),
    );
  });

  it("is no module that Node would find before the pack's folder: the CLI requires `policy/pack`", async () => {
    expect((await readdir(join(root, "policy"))).filter((name) => name.startsWith("pack."))).to.deep.equal([]);
  });

  it("needs the versions that the project has", async () => {
    const [ours, pack] = await Promise.all([readPackage("package.json"), readPackage("policy/pack/package.json")]);
    const known = { ...ours.dependencies, ...ours.devDependencies };
    expect(pack.dependencies).to.deep.equal({ "@pulumi/policy": known["@pulumi/policy"] });
  });

  describe("run as the CLI runs it", () => {
    let graph: Graph;
    let pack: Awaited<ReturnType<typeof startPack>>;
    before(async () => {
      graph = policyGraph(await evaluateProgram({ stack: "policy" }));
      pack = await startPack();
    });
    after(() => pack.stop());

    it("has every rule, mandatory, with what to do and AWS's page", async () => {
      const found = (await pack.policies()).map((policy) => [
        policy.name,
        policy.description,
        policy.remediationSteps,
        policy.url,
        policy.enforcementlevel,
      ]);
      expect(found).to.deep.equal(
        rules.map(({ id, title, fix, page }) => [id, title, fix, page, proto.EnforcementLevel.MANDATORY]),
      );
    });

    it("reports nothing of the stack as it is", async () => {
      expect(await pack.analyze(graph)).to.deep.equal([]);
    });

    it("reports the resource, the rule and what to do, by the stack's own config", async () => {
      const mutated = replace(QUEUE, "shipment-queue", "redrivePolicy", ":482", ":480")(graph);
      const found = (await pack.analyze(mutated)).map(({ urn, policyname, message }) => ({ urn, policyname, message }));
      const urn = graph.find(({ name }) => name === "shipment-mapping")?.urn;
      expect(found).to.deep.equal([
        {
          urn,
          policyname: "retries-outlast-outage",
          message: [
            "A message is tried for longer than the outage that its consumer must survive.",
            "the last attempt starts after 86220 s, and the outage lasts 86400 s. Raise maxReceiveCount or visibilityTimeoutSeconds, or the outage ends in dead letters",
          ].join("\n"),
        },
      ]);
    });

    it("leaves what a preview cannot know to the update after it", async () => {
      const edit = all(
        hide(QUEUE, "audit-queue", "arn"),
        hide(QUEUE_POLICY, "audit-queue-policy", "policy"),
        set(FUNCTION, "audit", "runtime", "nodejs22.x"),
      );
      const found = await pack.analyze(edit(graph));
      expect(found.map(({ urn, policyname }) => [urn.split("::").at(-1), policyname])).to.deep.equal([
        ["audit", "function-runtime"],
      ]);
    });
  });
});
