import { expect } from "chai";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Outcome } from "../../../local/reload/report.ts";
import { createTypes } from "../../../local/reload/types.ts";
import { root } from "../../support/evaluate.ts";
import { until } from "../../support/until.ts";

describe("the look at the types", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "order-fanout-types-"));
    await mkdir(join(folder, "node_modules"));
    await symlink(join(root, "node_modules/typescript"), join(folder, "node_modules/typescript"));
    const options = { strict: true, noLib: true, types: [] };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["a.ts"] }));
    // What the compiler wants where it has no library.
    const globals = ["Array<T>", "Boolean", "Function", "IArguments", "Number", "Object", "RegExp", "String"];
    const interfaces = [...globals, "CallableFunction", "NewableFunction"].map((name) => `interface ${name} {}\n`);
    await writeFile(join(folder, "lib.d.ts"), interfaces.join(""));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("says each mistake with file, line and column, and that all is right again", async () => {
    const said: Outcome[] = [];
    const types = createTypes(folder, (outcome) => said.push(outcome));
    const source = (value: string) => `/// <reference path="lib.d.ts" />\nexport const one: number = ${value};\n`;
    await writeFile(join(folder, "a.ts"), source('"1"'));
    types.check();
    await until("the compiler has looked", () => said.length === 1);
    await writeFile(join(folder, "a.ts"), source("1"));
    types.check();
    types.check(); // the first of the two is given up
    await until("the compiler has looked again", () => said.length === 2);
    await types.stop();

    expect(said.map((outcome) => ("problems" in outcome ? outcome.problems : undefined))).to.deep.equal([
      [
        {
          file: "a.ts",
          line: 2,
          column: 14,
          message: "error TS2322: Type 'string' is not assignable to type 'number'.",
        },
      ],
      [],
    ]);
  });
});
