import { expect } from "chai";
import { drawLanes } from "../../../local/page/lanes.ts";

const run = (at: number, durationMs: number | undefined, callAt = at) => ({
  at,
  ...(durationMs !== undefined && { durationMs }),
  function: "f",
  requestId: `r-${at}`,
  what: "order.placed",
  kind: "batch" as const,
  failed: false,
  request: null,
  answer: null,
  calls: [
    {
      ...{ at: callAt, durationMs: 10, operation: "x", verdict: "allowed" as const, asked: [], request: null },
      ...{ answer: null, shared: false },
    },
  ],
});

describe("a waterfall", () => {
  it("has runs and calls to scale, and a long pause shortened, which it says", () => {
    const drawn = drawLanes([run(1_000, 100, 1_050), run(1_100, 300), run(601_400, 200, 601_500)]);
    const places = drawn.map(({ from, to, pausedMs, calls }) => [from, to, pausedMs, calls[0]?.from, calls[0]?.to]);
    // 100 + 300 + a pause of 600 s, drawn as 400 + 200
    expect(places).to.deep.equal([
      [0, 10, undefined, 5, 6],
      [10, 40, undefined, 10, 11],
      [80, 100, 600_000, 90, 91],
    ]);
  });

  it("has what is under way, and is empty where nothing ran", () => {
    expect(drawLanes([run(1_000, undefined)])[0]).to.include({ from: 0, to: 100 });
    expect(drawLanes([])).to.deep.equal([]);
  });
});
