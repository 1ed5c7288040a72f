import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { columns, CommandError, main, readArguments } from "../../commands/shared/console.ts";
import { guards, type Guard } from "./guards.ts";
import { runMocha } from "./mocha.ts";

const usage = `npm run mutants -- [NAME ...]    takes each guard out of a copy of the code in turn, and shows whether its test notices

  --json    for programs`;

/** What the tests and the program are made of. */
const PARTS = [
  "index.ts config.ts package.json package-lock.json tsconfig.json catalogue.csv",
  "Pulumi.yaml Pulumi.dev.yaml Pulumi.local.yaml Pulumi.prod.yaml",
  "bootstrap bundling commands components config contracts evaluation handlers local openapi policy runtime tests",
].flatMap((line) => line.split(" "));

interface Result {
  readonly guard: string;
  readonly promise: string;
  readonly killed: boolean;
  /** The guard's own test; no other one counts. */
  readonly by: string;
  readonly seconds: number;
}

/** Runs the guard's test on a copy of the code without the guard. */
async function tryMutant(folder: string, { name, promise, edits, by }: Guard): Promise<Result> {
  const began = performance.now();
  try {
    for (const { file, find, replace } of edits) {
      const source = await readFile(join(folder, file), "utf8");
      await writeFile(
        join(folder, file),
        source.replace(find, () => replace),
      );
    }
    const { failures } = await runMocha(folder, [by.file], { title: by.title });
    const killed = failures.some(({ fullTitle }) => fullTitle === by.title);
    return { guard: name, promise, killed, by: by.title, seconds: Math.round((performance.now() - began) / 1_000) };
  } finally {
    for (const { file } of edits) await cp(file, join(folder, file));
  }
}

/** The tests of the guards must pass on the code as it is: one run a test. */
async function checkBaseline(folder: string, chosen: readonly Guard[]): Promise<void> {
  const tests = new Map(chosen.map(({ by }) => [by.title, by]));
  for (const { file, title } of tests.values()) {
    const { passes } = await runMocha(folder, [file], { title });
    if (!passes.some(({ fullTitle }) => fullTitle === title)) {
      throw new CommandError(`Without a mutant, ${file} does not pass: ${title}. Mend it, then try again.`);
    }
  }
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
    await checkBaseline(folder, chosen);
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
    ["PROMISE", "GUARD", "TEST"],
    ...results.map(({ promise, guard, killed, by }) => [promise, guard, killed ? by : `SURVIVED ${by}`]),
  ]);
  console.log(
    values.json
      ? JSON.stringify(results)
      : `\n${table}\n\n${results.length - survived.length} of ${results.length} killed`,
  );
  if (survived.length > 0) process.exitCode = 1;
});
