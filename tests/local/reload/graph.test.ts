import { expect } from "chai";
import { difference, type Graph, type Made } from "../../../local/reload/graph.ts";

const made = (type: string, name: string, inputs: Made["inputs"] = {}): Made => ({
  type,
  name,
  urn: `${type}::${name}`,
  inputs,
  outputs: {},
});
const graphOf = (...all: Made[]): Graph => new Map(all.map((one) => [one.urn, one]));

describe("the difference of two graphs", () => {
  it("names what was added, changed and removed, each change by the inputs that differ", () => {
    const before = graphOf(
      made("aws:sqs/queue:Queue", "stays", { visibilityTimeoutSeconds: 30 }),
      made("aws:lambda/function:Function", "one", { timeout: 3, environment: { variables: { A: "1", B: "1" } } }),
      made("aws:sqs/queue:Queue", "goes"),
      made("aws:dynamodb/table:Table", "goes"),
    );
    const after = graphOf(
      made("aws:sqs/queue:Queue", "stays", { visibilityTimeoutSeconds: 30 }),
      made("aws:lambda/function:Function", "one", { timeout: 6, environment: { variables: { B: "2", C: "1" } } }),
      made("aws:sns/topic:Topic", "comes"),
    );

    expect(difference(before, after)).to.deep.equal({
      added: ["Topic comes"],
      changed: ["Function one: environment.variables.A, environment.variables.B, environment.variables.C, timeout"],
      removed: ["Queue goes", "Table goes (what it holds is kept)"],
    });
  });

  it("counts what has no local effect, and names none of it", () => {
    const alarm = (name: string, threshold: number) =>
      made("aws:cloudwatch/metricAlarm:MetricAlarm", name, { threshold });
    const found = difference(graphOf(alarm("a", 1)), graphOf(alarm("a", 2), alarm("b", 1), alarm("c", 1)));

    expect(found).to.deep.equal({
      added: ["2 without local effect"],
      changed: ["1 without local effect"],
      removed: [],
    });
  });

  it("is empty for a graph and itself, whatever the order of the inputs' keys", () => {
    const found = difference(
      graphOf(made("aws:sqs/queue:Queue", "q", { a: 1, b: [{ c: 2, d: 3 }] })),
      graphOf(made("aws:sqs/queue:Queue", "q", { b: [{ d: 3, c: 2 }], a: 1 })),
    );

    expect(found).to.deep.equal({ added: [], changed: [], removed: [] });
  });
});
