import { expect } from "chai";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../support/evaluate.ts";
import { guards } from "./guards.ts";
import { runMocha } from "./mocha.ts";

describe("the guards of npm run mutants", () => {
  it("have names of their own", () => {
    expect(new Set(guards.map(({ name }) => name)).size).to.equal(guards.length);
  });

  it("are each in their files exactly once, and their mutants are other code", async () => {
    const wrong = await Promise.all(
      guards.flatMap(({ name, edits }) =>
        edits.map(async ({ file, find, replace }) => {
          const times = (await readFile(join(root, file), "utf8")).split(find).length - 1;
          return times === 1 && find !== replace ? [] : [`${name}: ${times} times in ${file}: ${find}`];
        }),
      ),
    );
    expect(wrong.flat()).to.deep.equal([]);
  });

  it("each name a test that exists, and no other whose title contains it", async () => {
    const files = [...new Set(guards.map(({ by }) => by.file))];
    const { tests } = await runMocha(root, files, { dryRun: true });
    const wrong = guards.flatMap(({ name, by }) => {
      const found = tests.filter(({ file, fullTitle }) => file === join(root, by.file) && fullTitle.includes(by.title));
      return found.length === 1 && found[0]?.fullTitle === by.title ? [] : [`${name}: ${by.title} in ${by.file}`];
    });
    expect(wrong).to.deep.equal([]);
  });
});
