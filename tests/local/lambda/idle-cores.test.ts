import { expect } from "chai";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { watchIdleCores } from "../../../local/lambda/idle-cores.ts";

describe("a look at the idle cores", () => {
  it("knows only of the time since it began", async () => {
    await sleep(300);
    const look = watchIdleCores();
    const end = performance.now() + 300;
    while (performance.now() < end);
    // This thread had one of them, or on a busy machine somebody else.
    expect(look()).to.be.within(0, availableParallelism() - 0.8);
  });
});
