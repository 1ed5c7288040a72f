import { expect } from "chai";
import { evaluate, evaluateProgram } from "./support/evaluate.ts";
import { inCopy } from "./support/project-copy.ts";

describe("the project without the local cloud", () => {
  it("is the same program: the same resources with the same inputs", async () => {
    const whole = await evaluate("dev");
    const without = await inCopy({ without: ["local"], cache: true }, (from) => evaluateProgram({ from }));
    expect(without.resources).to.deep.equal(whole);
  });
});
