import { expect } from "chai";
import fc from "fast-check";
import { deadline } from "../../../runtime/lambda/deadline.ts";

describe("deadline()", () => {
  const at = (whole: number, left: number): boolean => {
    let remaining = whole;
    const { mayBegin } = deadline({ getRemainingTimeInMillis: () => remaining });
    remaining = left;
    return mayBegin();
  };

  it("lets begin until 3 s are left", () => {
    expect([at(30_000, 30_000), at(30_000, 3_001), at(30_000, 3_000), at(30_000, 0)]).to.deep.equal([
      true,
      true,
      false,
      false,
    ]);
  });

  it("keeps a fifth of a function's time where it is short", () => {
    expect([at(1_000, 1_000), at(1_000, 201), at(1_000, 200)]).to.deep.equal([true, true, false]);
  });

  it("always lets begin in the first half of the time, and never when none is left", () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 900_000 }), (whole) => at(whole, whole / 2) && !at(whole, 0)),
      { verbose: true },
    );
  });

  it("aborts in the last tenth of a short time", async () => {
    const from = performance.now();
    const { signal } = deadline({ getRemainingTimeInMillis: () => 50 });
    expect(signal.aborted).to.equal(false);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    expect(performance.now() - from).to.be.at.least(40);
  });

  it("aborts at once where no time is left, instead of throwing", () => {
    expect(() => deadline({ getRemainingTimeInMillis: () => 0 })).to.not.throw();
  });
});
