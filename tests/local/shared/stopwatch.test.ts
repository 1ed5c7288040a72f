import { expect } from "chai";
import { createConsole } from "../../../local/shared/console.ts";
import { createStopwatch } from "../../../local/shared/stopwatch.ts";
import { timingTable } from "../../../local/shared/timing-table.ts";

/** A console, and what it has printed. */
function console(json = false) {
  const printed: string[] = [];
  const write = (line: string): void => void printed.push(line);
  return { say: createConsole({ json, colour: false, timeZone: "UTC", write, writeError: write }), printed };
}

describe("The start's stopwatch", () => {
  it("draws each phase where it was", () => {
    const phases = [
      { name: "modules", fromMs: 0, toMs: 250 },
      { name: "program", fromMs: 100, toMs: 1_000 },
      { name: "instant", fromMs: 1_000, toMs: 1_000 },
    ];
    expect(timingTable(phases)).to.deep.equal([
      "        from ms took ms  since the process began, without npm's own start",
      "modules       0     250  ██████████",
      "program     100     900      ████████████████████████████████████",
      "instant    1000       0                                         █",
    ]);
  });

  it("keeps what ended well, by its beginning, and says how long it took", async () => {
    const { say, printed } = console();
    const { timed, laps, phases } = createStopwatch(say);
    const lap = laps(0);
    await timed("queues", Promise.resolve());
    await timed("database", Promise.reject(new Error("no disk"))).catch(() => undefined);
    lap("modules");
    lap("stores");
    expect(phases().map(({ name }) => name)).to.deep.equal(["modules", "queues", "stores"]);
    const [modules, , stores] = phases();
    expect([modules?.fromMs, stores?.fromMs]).to.deep.equal([0, modules?.toMs]);
    expect(printed.map((line) => line.replace(/[\d.]+ s$/, "N s"))).to.deep.equal([`${"queues".padEnd(34)} N s`]);
  });

  it("is a line for programs too", () => {
    const { say, printed } = console(true);
    const phases = [{ name: "modules", fromMs: 0, toMs: 250 }];
    say.timing(phases);
    expect(printed).to.deep.equal([JSON.stringify({ event: "timing", phases })]);
  });
});
