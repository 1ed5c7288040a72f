// `npm test`: everything there is to check; `npm test -- FILE ...`: those test files alone.
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { resolve } from "node:path";

/** The files that take longest: they begin first, so that none of them runs alone at the end. */
const LONGEST = [
  "tests/e2e/faults.test.ts",
  "tests/reliability/crash-points.test.ts",
  "tests/e2e/surge.test.ts",
  "tests/commands/commands.test.ts",
  "tests/e2e/journey.test.ts",
  "tests/reliability/invariants.test.ts",
  "tests/reliability/inventory.test.ts",
  "tests/local/state.test.ts",
  "tests/bundles.test.ts",
];

const args = process.argv.slice(2);
const files = args.some((word) => !word.startsWith("-"));

// Every process of the tests loads the same modules: compiled once, they are kept for all of them, and for the next run.
process.env["NODE_COMPILE_CACHE"] ??= resolve("node_modules/.cache/order-fanout/compile");

// Types, lint and formatting take one core most of the time: they run beside the tests, and are printed after them.
const checked = files ? { status: 0, output: "" } : run("npm", ["run", "--silent", "check"], "pipe");
const tested = run(
  process.execPath,
  ["node_modules/mocha/bin/mocha.js", ...args, ...(files ? [] : everyFile())],
  "inherit",
);
const results = await Promise.all([tested, checked]);
for (const { output } of results) process.stdout.write(output);
if (!files) process.stdout.write(`npm run check ${results[1].status === 0 ? "passed" : "failed"}\n`);
process.exit(results.find(({ status }) => status !== 0)?.status ?? 0);

interface Ran {
  readonly status: number;
  /** What it printed, where it was piped. */
  readonly output: string;
}

/** Every test file, in the order in which they begin. */
function everyFile(): string[] {
  const found = globSync("tests/**/*.test.ts").map((file) => file.replaceAll("\\", "/")); // on Windows
  return [...LONGEST, ...found.filter((file) => !LONGEST.includes(file)).sort()];
}

function run(command: string, words: readonly string[], output: "inherit" | "pipe"): Promise<Ran> {
  // On Windows npm is a script of its shell.
  const shell = command === "npm" && process.platform === "win32";
  const child = spawn(command, words, { stdio: ["ignore", output, output], shell });
  let printed = "";
  child.stdout?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  return new Promise((settle, fail) => {
    child.on("error", fail);
    child.on("close", (status) => settle({ status: status ?? 1, output: printed }));
  });
}
