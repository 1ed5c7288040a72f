import { expect } from "chai";
import { readCores, watchIdleCores } from "../../../local/lambda/idle-cores.ts";

describe("a look at the idle cores", () => {
  it("knows only of the time since it began", () => {
    // Idle for an hour; then, of two cores, one for half of the time.
    const readings = [
      { at: 3_600_000, idle: 7_200_000 },
      { at: 3_600_200, idle: 7_200_100 },
    ];
    const look = watchIdleCores(() => readings.shift() ?? { at: 0, idle: 0 });
    expect(look()).to.equal(0.5);
  });

  it("reads counters that grow", () => {
    const [first, second] = [readCores(), readCores()];
    expect([second.at >= first.at, second.idle >= first.idle, first.idle > 0]).to.deep.equal([true, true, true]);
  });
});
