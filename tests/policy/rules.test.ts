import { expect } from "chai";
import fc from "fast-check";
import { STACK, type Graph } from "../../policy/graph.ts";
import { findingsOf, judged, settingsOf, type Finding, type Settings } from "../../policy/rule.ts";
import { rules } from "../../policy/rules.ts";
import { FUNCTION, QUEUE, QUEUE_POLICY } from "../../policy/types.ts";
import { evaluateProgram, ownersValues, root } from "../support/evaluate.ts";
import { policyGraph } from "../support/policy-graph.ts";
import { generatedConfigs } from "./configs.ts";
import { all, hide, set } from "./edits.ts";
import { EVERY_FUNCTION, mutants } from "./mutants.ts";

/** The project's own stacks as they are, so that editing them needs no change here; the mutants'; and the extremes. */
const stacks: Readonly<Record<string, { stack: string; stacks?: string; over?: object }>> = {
  local: { stack: "local", stacks: root },
  dev: { stack: "dev", stacks: root, over: { consumers: { loyalty: {} } } },
  prod: { stack: "prod", stacks: root, over: await ownersValues() },
  "the mutants'": { stack: "policy" },
  "slow and hasty consumers": {
    stack: "dev",
    over: {
      consumers: {
        inventory: { timeoutSeconds: 120, batchSize: 500, batchWindowSeconds: 60 },
        notifications: { timeoutSeconds: 1, survivesOutageMinutes: 120 },
        shipment: {
          timeoutSeconds: 10,
          survivesOutageMinutes: 2_880,
          provisioned: { min: 2, max: 3 },
          reservedConcurrency: 30,
          settings: { url: "https://carrier.order-fanout.dev/v1", credential: "carrier" },
        },
      },
    },
  },
};
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const [generated = []] = fc.sample(generatedConfigs, { numRuns: 1, seed });
const graphs = { ...stacks, ...Object.fromEntries(generated.map((one, index) => [`seed ${seed}, ${index}`, one])) };

async function evaluated(asked: { stack: string; stacks?: string; over?: object }) {
  const graph = policyGraph(await evaluateProgram(asked));
  return { graph, settings: settingsOf(graph) };
}

const allFindings = (graph: Graph, settings: Settings): Finding[] =>
  rules.flatMap((rule) => findingsOf(rule, graph, settings));

describe("the rules over every graph", () => {
  for (const [name, asked] of Object.entries(graphs)) {
    it(`find nothing in ${name}`, async () => {
      const { graph, settings } = await evaluated(asked);
      expect(allFindings(graph, settings), JSON.stringify(asked)).to.deep.equal([]);
    });
  }

  it(`are ${rules.length} rules over ${Object.keys(graphs).length} graphs`, async () => {
    const all = await Promise.all(Object.values(graphs).map(evaluated));
    const judging = rules.map((rule) => all.filter(({ graph }) => judged(rule, graph).length > 0).length);
    expect(judging.filter((count) => count < 2)).to.deep.equal([]);
  });

  it("have names of their own, pages, and resources to judge in the mutants' graph", async () => {
    const { graph } = await evaluated({ stack: "policy" });
    expect(new Set(rules.map(({ id }) => id)).size).to.equal(rules.length);
    expect(rules.filter(({ page }) => !/^https:\/\/(docs\.aws\.amazon|www\.pulumi)\.com\//.test(page))).to.deep.equal(
      [],
    );
    expect(rules.filter((rule) => judged(rule, graph).length === 0).map(({ id }) => id)).to.deep.equal([]);
  });

  it(`are each broken by one of ${mutants.length} mutants`, () => {
    const broken = new Set(mutants.flatMap(({ finds }) => finds.map(([rule]) => rule)));
    expect(rules.map(({ id }) => id).filter((id) => !broken.has(id))).to.deep.equal([]);
  });
});

describe("the rules of a graph", () => {
  let graph: Graph;
  let settings: Settings;
  before(async () => {
    ({ graph, settings } = await evaluated({ stack: "policy" }));
  });

  /** The whole finding, by the rule's id, the resource's name and what is wrong. */
  function finding(mutated: Graph, id: string, name: string, wrong: string): Finding[] {
    const rule = rules.find((one) => one.id === id);
    if (!rule) throw new Error(`there is no rule ${id}`);
    const named = judged(rule, mutated).filter((one) => name === EVERY_FUNCTION || one.name === name);
    return named.map(({ urn }) => ({ resource: urn, rule: id, fix: `${wrong}. ${rule.fix}` }));
  }

  for (const { title, edit, finds } of mutants) {
    it(`find ${title}`, () => {
      const mutated = edit(graph);
      const expected = finds.flatMap((find) => finding(mutated, ...find));
      expect(allFindings(mutated, settings)).to.have.deep.members(expected).and.to.have.length(expected.length);
    });
  }

  it("hold in production alone, where they say so", () => {
    const only = rules.filter(({ productionOnly }) => productionOnly).map(({ id }) => id);
    const broken = mutants.filter(({ finds }) => finds.every(([rule]) => only.includes(rule)));
    expect(only).to.deep.equal(["table-is-kept", "data-is-protected", "bucket-keeps-objects", "route-has-authorizer"]);
    for (const { title, edit } of broken) {
      expect(allFindings(edit(graph), { ...settings, production: false }), title).to.deep.equal([]);
    }
  });

  it("read from the stack's outputs whether it is production, and which outages it must survive", () => {
    const none = { inventory: 0, analytics: 0, loyalty: 0, audit: 0 };
    expect(settings).to.deep.equal({
      production: true,
      outageMinutes: { ...none, notifications: 1_440, shipment: 1_440 },
    });
    expect(() => settingsOf(graph.filter(({ type }) => type !== STACK))).to.throw("the stack has no output `policy`");
  });

  it("leave what a preview cannot know to the update after it, and judge the rest", () => {
    const edit = all(
      hide(QUEUE, "audit-queue", "arn"),
      hide(QUEUE_POLICY, "audit-queue-policy", "policy"),
      set(FUNCTION, "audit", "runtime", "nodejs22.x"),
    );
    expect(allFindings(edit(graph), settings)).to.deep.equal(
      finding(graph, "function-runtime", "audit", "it is nodejs22.x on arm64"),
    );
  });
});
