import { expect } from "chai";
import { runScript } from "../support/command.ts";
import { callsTable, countCalls } from "./calls.ts";
import { compare, comparisonTable, figuresTable, type Metric } from "./shared/pairs.ts";
import { descendants, parseStat } from "./shared/process-tree.ts";
import { median, percentile } from "./shared/statistics.ts";

/** What `npm run bench` answers to a wrong call, without the usage below it, and its exit code. */
async function wrong(words: string): Promise<[message: string, code: number]> {
  const { stderr, code } = await runScript(
    "tests/bench/run.ts",
    words.split(" ").filter((word) => word !== ""),
  );
  return [stderr.split("\n\n")[0]?.trim() ?? "", code];
}

const metrics: readonly Metric[] = [
  { key: "ms", title: "POST p50, ms", better: "lower", bar: 1 / 3 },
  { key: "perSecond", title: "accepted a second", better: "higher", bar: 3 },
  { key: "free", title: "without a bar", better: "lower" },
];
const pairs = [
  { here: { ms: 10, perSecond: 150, free: 1 }, there: { ms: 40, perSecond: 50, free: 2 } },
  { here: { ms: 12, perSecond: 100, free: 2 }, there: { ms: 24, perSecond: 50, free: 2 } },
  { here: { ms: 8, perSecond: 240, free: 3 }, there: { ms: 32, perSecond: 60, free: 2 } },
];

describe("npm run bench", () => {
  it("refuses a call that cannot be, and says what can", async () => {
    expect(
      await Promise.all(["", "lode", "load --pairs 0", "load --orders many", "load --par 1"].map(wrong)),
    ).to.deep.equal([
      ["Missing bench.", 2],
      [
        'There is no bench "lode". Did you mean "load"? Known: start, load, calls, bundles, graph, relay, reload, sdk.',
        2,
      ],
      ['--pairs is a whole number of at least 1; got "0".', 2],
      ['--orders is a whole number of at least 16; got "many".', 2],
      ["Unknown option '--par'.", 2],
    ]);
  });

  it("names a commit that git does not know, before it measures anything", async () => {
    expect(await wrong("load --against nowhere")).to.deep.equal([
      "--against nowhere: git knows no such commit here. Name one of `git log`; a shallow clone gets the others by `git fetch --unshallow`.",
      2,
    ]);
  });
});

describe("A comparison of pairs", () => {
  it("has the ratios pair by pair, their median and range, and each bar met or not", () => {
    const compared = compare(metrics, pairs, "a81524fddde1");
    expect(compared).to.deep.equal([
      {
        metric: metrics[0],
        here: 10,
        there: 32,
        ratios: [0.25, 0.5, 0.25],
        median: 0.25,
        range: [0.25, 0.5],
        met: true,
      },
      { metric: metrics[1], here: 150, there: 50, ratios: [3, 2, 4], median: 3, range: [2, 4], met: true },
      { metric: metrics[2], here: 2, there: 2, ratios: [0.5, 1, 1.5], median: 1, range: [0.5, 1.5] },
    ]);
    expect(comparisonTable(compared, "a81524fddde1")).to.deep.equal([
      ["", "this tree", "a81524f", "ratio", "range", "bar", ""],
      ["POST p50, ms", "10", "32", "0.25", "0.25 to 0.5", "<= 0.333", "met"],
      ["accepted a second", "150", "50", "3", "2 to 4", ">= 3", "met"],
      ["without a bar", "2", "2", "1", "0.5 to 1.5", "", ""],
    ]);
  });

  it("misses a bar by the median alone, in its own direction", () => {
    const [one] = pairs.slice(1);
    const verdicts = compare(metrics, one ? [one] : [], "a81524f").map(({ met }) => met);
    expect(verdicts).to.deep.equal([false, false, undefined]);
  });

  it("knows no bar against any other commit", () => {
    expect(compare(metrics, pairs, "0123456").map(({ met }) => met)).to.deep.equal([undefined, undefined, undefined]);
  });

  it("is a table of medians and ranges where there is one side", () => {
    const runs = pairs.map(({ there }) => there);
    expect(figuresTable(metrics, runs)).to.deep.equal([
      ["", "median", "range"],
      ["POST p50, ms", "32", "24 to 40"],
      ["accepted a second", "50", "50 to 60"],
      ["without a bar", "2", "2 to 2"],
    ]);
    expect(figuresTable(metrics.slice(0, 1), runs.slice(0, 1))).to.deep.equal([
      ["", "median", ""],
      ["POST p50, ms", "40", ""],
    ]);
  });

  it("takes a percentile by the nearest rank, and the middle of two for a median", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([0.5, 0.99, 1].map((share) => percentile(hundred, share))).to.deep.equal([50, 99, 100]);
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).to.deep.equal([2, 2.5, Number.NaN]);
  });
});

describe("The processes of a start", () => {
  it("are read from lines of /proc, whatever a process is called", () => {
    const line = "42 (sh (a) b) S 7 42 42 0 -1 4194304 1 2 3 4 10 20 300 4000 20 0 1 0 99 1 1";
    expect(parseStat(line)).to.deep.equal({ pid: 42, parent: 7, ticks: 4_330 });
  });

  it("are the first one's descendants, and no others", () => {
    const stat = (pid: number, parent: number) => ({ pid, parent, ticks: 1 });
    const all = [stat(1, 0), stat(10, 1), stat(11, 10), stat(12, 11), stat(20, 1), stat(13, 10)];
    expect(descendants(all, 10).map(({ pid }) => pid)).to.deep.equal([10, 11, 12, 13]);
  });
});

describe("The calls of a run", () => {
  it("are counted by function and operation, without what is scheduled", () => {
    const made = [
      ["shipment-0a1b2c3", "sns:Publish"],
      ["analytics-0a1b2c3", "s3:PUT /lake/events/1.ndjson"],
      ["analytics-0a1b2c3", "s3:PUT /lake/events/2.ndjson"],
      ["shipment-0a1b2c3", "dynamodb:UpdateItem"],
      ["orders-relay-0a1b2c3", "dynamodb:Query"],
      ["orders-holds-0a1b2c3", "dynamodb:Query"],
    ].map(([name = "", operation = ""]) => ({ function: name, operation }));
    const counts = countCalls(made);
    expect(counts).to.deep.equal([
      { function: "analytics", operation: "s3:PUT", count: 2 },
      { function: "shipment", operation: "dynamodb:UpdateItem", count: 1 },
      { function: "shipment", operation: "sns:Publish", count: 1 },
    ]);
    expect(callsTable(counts, 2)).to.deep.equal([
      ["function", "operation", "calls", "per order"],
      ["analytics", "s3:PUT", 2, "1.00"],
      ["shipment", "dynamodb:UpdateItem", 1, "0.50"],
      ["shipment", "sns:Publish", 1, "0.50"],
      ["all", "", 4, "2.00"],
    ]);
  });
});
