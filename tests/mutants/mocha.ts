import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as z from "zod";

const Tests = z.array(z.object({ fullTitle: z.string(), file: z.string() }));
const Report = z.object({ tests: Tests, passes: Tests, failures: Tests });
/** What mocha says of its tests; a hook that fails is among the failures. */
export type Report = z.output<typeof Report>;

/**
 * Runs test files one after the other in a folder.
 * @param title of the one test to run, in full; without it all of them are.
 * @throws Error with all that was printed, when mocha did not come to the end.
 */
export async function runMocha(
  cwd: string,
  files: readonly string[],
  { title, dryRun = false }: { title?: string; dryRun?: boolean } = {},
): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), "order-fanout-report-"));
  const report = join(folder, "report.json");
  const flags = ["--no-config", "--exit", "--timeout", "300000", "--reporter", "json"];
  flags.push("--reporter-option", `output=${report}`);
  if (title !== undefined) flags.push("--fgrep", title);
  if (dryRun) flags.push("--dry-run");
  try {
    const printed = await run(cwd, [resolve("node_modules/mocha/bin/mocha.js"), ...flags, ...files]);
    const text = await readFile(report, "utf8").catch(() => {
      throw new Error(`The tests did not run:\n${printed.slice(-2_000)}`);
    });
    return Report.parse(JSON.parse(text));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(cwd: string, words: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, words, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  return new Promise((done) => child.once("close", () => done(printed)));
}
