import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { deserialize, serialize } from "node:v8";
import { Evaluated } from "../../evaluation/evaluated.ts";
import type { Program } from "../../evaluation/evaluate.ts";
import type { ProgramStart } from "../../evaluation/start.ts";

/** What no program of the project reads: nothing imports the tests, and npm says what is in node_modules. */
const NOT_READ = new Set([".git", ".local", ".venv", "node_modules", "tests"]);

/**
 * Evaluates a program of a project's folder once for the same inputs, in all processes of the tests and in later runs.
 * Inputs are the start, Node, the packages, and every file that the program may read. Evaluations of older files are deleted.
 * @throws what `evaluate` throws; a failure is not kept.
 */
export async function cachedEvaluation(
  root: string,
  start: ProgramStart,
  evaluate: (start: ProgramStart) => Promise<Program>,
): Promise<Program> {
  const cache = join(root, "node_modules/.cache/order-fanout/evaluations");
  const sources = sourcesHash(root);
  const file = join(cache, sources, createHash("sha256").update(JSON.stringify(start)).digest("hex"));
  const kept = read(file);
  if (kept) return kept;
  const program = await evaluate(start);
  // Somebody may be editing: then nobody knows which files were read.
  if (sourcesHash(root) === sources) keep(program, file, cache);
  return program;
}

/** The files of archives lie beside the evaluations by their SHA-256: they are large, and the same in most. */
function read(file: string): Program | undefined {
  try {
    const evaluated = Evaluated.parse(deserialize(readFileSync(file)));
    if (evaluated.kind !== "done") return undefined;
    const names = [...evaluated.files.keys()];
    return { ...evaluated, files: new Map(names.map((sha256) => [sha256, readFileSync(join(file, "..", sha256))])) };
  } catch {
    return undefined; // not there, or written by another version
  }
}

function keep({ files, ...program }: Program, file: string, cache: string): void {
  const folder = join(file, "..");
  const write = (name: string, content: Uint8Array) => {
    const half = `${name}.${process.pid}`;
    writeFileSync(half, content);
    renameSync(half, name);
  };
  try {
    mkdirSync(folder, { recursive: true });
    const older = readdirSync(cache).filter((name) => join(cache, name) !== folder);
    for (const name of older) rmSync(join(cache, name), { recursive: true, force: true });
    for (const [sha256, content] of files) if (!existsSync(join(folder, sha256))) write(join(folder, sha256), content);
    const names = new Map([...files.keys()].map((sha256) => [sha256, new Uint8Array()]));
    write(file, serialize({ ...program, files: names, kind: "done" } satisfies Evaluated));
  } catch {
    // Nothing is lost but time. A run of other files may have deleted the folder, or another process be at the same file.
  }
}

/** Changes with any file that a program of the project may read, its name or its content. */
function sourcesHash(root: string): string {
  const hash = createHash("sha256").update(process.version);
  const own = readdirSync(root, { withFileTypes: true }).filter(({ name }) => !NOT_READ.has(name));
  const inside = own
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => readdirSync(join(root, name), { withFileTypes: true, recursive: true }));
  const files = [...own, ...inside]
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
  for (const file of [join(root, "node_modules/.package-lock.json"), ...files]) {
    const content = readFileSync(file);
    hash.update(`\n${relative(root, file)} ${content.length}\n`).update(content);
  }
  return hash.digest("hex");
}
