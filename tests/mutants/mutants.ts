import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { columns, CommandError, main, readArguments } from "../../commands/shared/console.ts";
import { guards, type Guard } from "./guards.ts";

const usage = `npm run mutants -- [NAME ...]    takes each guard out of a copy of the code in turn, and shows which test notices

  --json    for programs`;

/** What the tests and the program are made of. */
const PARTS = [
  "index.ts config.ts package.json package-lock.json tsconfig.json catalogue.csv",
  "Pulumi.yaml Pulumi.dev.yaml Pulumi.local.yaml",
  "commands components contracts handlers local runtime tests",
].flatMap((line) => line.split(" "));

interface Result {
  readonly guard: string;
  readonly promise: string;
  readonly killed: boolean;
  /** The first test that failed. */
  readonly by: string;
  readonly seconds: number;
}

/** Runs the guard's tests on a copy of the code without it. */
async function tryMutant(folder: string, guard: Guard): Promise<Result> {
  const began = performance.now();
  for (const { file, find, replace } of guard.edits) {
    const path = join(folder, file);
    const source = await readFile(path, "utf8");
    if (source.split(find).length !== 2)
      throw new CommandError(`${guard.name}: ${file} does not have the guard once: ${find}`);
    await writeFile(
      path,
      source.replace(find, () => replace),
    );
  }
  try {
    const { code, output } = await mocha(folder, guard.tests);
    const by = /^\s+1\) (?<title>(?!.*failing).+)$/m.exec(output)?.groups?.["title"]?.trim() ?? "";
    if (code !== 0 && by === "")
      throw new CommandError(`${guard.name}: the tests did not run:\n${output.slice(-2_000)}`);
    return {
      guard: guard.name,
      promise: guard.promise,
      killed: code !== 0,
      by,
      seconds: Math.round((performance.now() - began) / 1_000),
    };
  } finally {
    for (const { file } of guard.edits) await cp(file, join(folder, file));
  }
}

function mocha(cwd: string, tests: readonly string[]): Promise<{ code: number | null; output: string }> {
  const flags = ["--no-config", "--exit", "--bail", "--timeout", "120000", ...tests];
  const child = spawn(process.execPath, [resolve("node_modules/mocha/bin/mocha.js"), ...flags], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((done) => child.once("close", (code) => done({ code, output })));
}

await main(usage, async () => {
  const { values, positionals } = readArguments({ json: { type: "boolean" } });
  const unknown = positionals.filter((name) => !guards.some((guard) => guard.name === name));
  if (unknown.length > 0) {
    throw new CommandError(
      `There is no guard "${unknown.join('", "')}". There are:\n  ${guards.map(({ name }) => name).join("\n  ")}`,
      2,
    );
  }
  const chosen = positionals.length > 0 ? guards.filter(({ name }) => positionals.includes(name)) : guards;
  const folder = await mkdtemp(join(tmpdir(), "order-fanout-mutants-"));
  const results: Result[] = [];
  try {
    for (const part of PARTS) await cp(part, join(folder, part), { recursive: true });
    await symlink(resolve("node_modules"), join(folder, "node_modules"));
    const tests = [...new Set(chosen.flatMap((guard) => guard.tests))];
    const unchanged = await mocha(folder, tests);
    if (unchanged.code !== 0)
      throw new CommandError(`The tests fail without a mutant:\n${unchanged.output.slice(-2_000)}`);
    for (const guard of chosen) {
      const result = await tryMutant(folder, guard);
      results.push(result);
      if (!values.json) console.log(`${result.killed ? "killed  " : "SURVIVED"}  ${guard.name} (${result.seconds} s)`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const survived = results.filter(({ killed }) => !killed);
  const table = columns([
    ["PROMISE", "GUARD", "KILLED BY"],
    ...results.map(({ promise, guard, by }) => [promise, guard, by]),
  ]);
  console.log(
    values.json
      ? JSON.stringify(results)
      : `\n${table}\n\n${results.length - survived.length} of ${results.length} killed`,
  );
  if (survived.length > 0) process.exitCode = 1;
});
