import { expect } from "chai";
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Program } from "../../evaluation/evaluate.ts";
import type { ProgramStart } from "../../evaluation/start.ts";
import { cachedEvaluation } from "./evaluation-cache.ts";

describe("the tests' cache of evaluations", () => {
  let root: string;
  let evaluated: number;
  const write = (file: string, text: string) => writeFileSync(join(root, file), text);
  const start = (config = {}): ProgramStart => ({
    entry: join(root, "index.ts"),
    project: "order-fanout",
    stack: "dev",
    config,
  });
  const program = (): Program => ({
    resources: new Map(),
    files: new Map([["5eb6", Buffer.from("content")]]),
    exports: { times: evaluated },
  });
  const evaluate = async (): Promise<Program> => {
    evaluated += 1;
    return program();
  };
  /** How often the program has been evaluated by then, as the evaluation that is given says. */
  const times = async (config = {}) => (await cachedEvaluation(root, start(config), evaluate)).exports["times"];

  beforeEach(() => {
    evaluated = 0;
    root = mkdtempSync(join(tmpdir(), "order-fanout-evaluations-"));
    for (const folder of ["handlers/orders", "tests", "node_modules"])
      mkdirSync(join(root, folder), { recursive: true });
    write("node_modules/.package-lock.json", "{}");
    write("index.ts", "export {};");
    write("handlers/orders/place.ts", "export {};");
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("evaluates once for the same inputs, and gives the whole of it", async () => {
    const first = await cachedEvaluation(root, start(), evaluate);
    const second = await cachedEvaluation(root, start(), async () => {
      throw new Error("it is kept");
    });

    expect(first).to.deep.equal(program());
    expect({ ...second, kind: undefined }).to.deep.equal({ ...first, kind: undefined });
  });

  it("evaluates again where the config, a package, or a file's content, name or place is another", async () => {
    const seen = [await times(), await times({ "order-fanout:local": "true" })];
    const changes = [
      () => write("node_modules/.package-lock.json", '{ "name": "order-fanout" }'),
      () => write("handlers/orders/place.ts", "export [];"),
      () => write("handlers/orders/cancel.ts", ""),
      () => renameSync(join(root, "handlers/orders/cancel.ts"), join(root, "handlers/cancel.ts")),
      () => rmSync(join(root, "handlers/cancel.ts")),
      () => write("catalogue.csv", "sku"),
    ];
    for (const change of changes) {
      change();
      seen.push(await times());
    }
    write("tests/any.test.ts", "");
    seen.push(await times());

    expect(seen).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 8]);
  });

  it("keeps no failure, and nothing of files that have changed meanwhile", async () => {
    const failed = cachedEvaluation(root, start(), async () => {
      throw new Error("Invalid config");
    });
    expect(await failed.catch(String)).to.equal("Error: Invalid config");
    await cachedEvaluation(root, start(), async () => {
      write("index.ts", "export const changed = true;");
      return program();
    });
    write("index.ts", "export {};");

    expect(await times()).to.equal(1);
  });

  it("gives an evaluation that it cannot keep", async () => {
    mkdirSync(join(root, "node_modules/.cache/order-fanout"), { recursive: true });
    write("node_modules/.cache/order-fanout/evaluations", "a file, where the folder should be");

    expect([await times(), await times()]).to.deep.equal([1, 2]);
  });

  it("deletes the evaluations of older files", async () => {
    await times();
    await times({ "order-fanout:local": "true" });
    write("index.ts", "export const a = 1;");
    await times();

    const kept = readdirSync(join(root, "node_modules/.cache/order-fanout/evaluations"), { recursive: true });
    // A folder, the evaluation and its file.
    expect(kept).to.have.length(3);
  });
});
