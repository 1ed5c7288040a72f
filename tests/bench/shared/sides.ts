import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rename, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { CommandError } from "../../../commands/shared/console.ts";
import { root } from "../../support/evaluate.ts";
import type { Say } from "./bench.ts";
import { runCloud, StartError, type Side } from "./running-cloud.ts";

const run = promisify(execFile);
const stacks = join(root, "tests/bench/stacks");

/** This tree, with the stack of the benches. */
export const here: Side = {
  name: "this tree",
  folder: root,
  flags: ["--config-file", join(stacks, "Pulumi.bench.yaml")],
};

/** The commit that a revision names. @throws CommandError where git knows none. */
export async function commitOf(revision: string): Promise<string> {
  try {
    const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`];
    return (await run("git", args, { cwd: root })).stdout.trim();
  } catch {
    throw new CommandError(
      `--against ${revision}: git knows no such commit here. Name one of \`git log\`; a shallow clone gets the others by \`git fetch --unshallow\`.`,
      2,
    );
  }
}

/**
 * Checks another commit out into a temporary folder that goes with this process, with its own packages, which are kept
 * for the next time, and a stack of the same consumers.
 */
export async function checkOut(commit: string, say: Say): Promise<Side> {
  const name = commit.slice(0, 7);
  const folder = await mkdtemp(join(tmpdir(), `order-fanout-${name}-`));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 20 }));
  const archive = join(folder, "archive.tar");
  await run("git", ["archive", "--output", archive, commit], { cwd: root });
  await run("tar", ["-xf", archive, "-C", folder]);
  await rm(archive);
  await linkPackages(folder, await packagesOf(folder, commit, say));
  // Node strips no types below node_modules: the sources cannot be kept beside their packages.
  for (const file of await readdir(stacks)) {
    await cp(join(stacks, file), join(folder, "Pulumi.bench.yaml"));
    const side: Side = { name, folder, flags: ["--stack", "bench"] };
    try {
      say(`${name}: a first start, by ${file}`);
      await (await runCloud(side))[Symbol.asyncDispose]();
      return side;
    } catch (error) {
      if (!(error instanceof StartError) || !error.output.includes("is not a key")) throw error;
    }
  }
  throw new CommandError(`${name} takes none of the stacks in tests/bench/stacks. Add one with its keys there.`);
}

/** A folder with the packages of a commit, installed once. */
async function packagesOf(folder: string, commit: string, say: Say): Promise<string> {
  const kept = join(root, "node_modules/.cache/order-fanout/against", commit);
  if (existsSync(kept)) return join(kept, "node_modules");
  say(`${commit.slice(0, 7)}: npm ci, once for this commit`);
  const half = `${kept}.${randomUUID()}`;
  await mkdir(half, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) await cp(join(folder, file), join(half, file));
  try {
    await run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: half, maxBuffer: 1e8 });
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${commit}: its packages cannot be installed: ${reason}. Is the registry reachable?`);
  }
  await rename(half, kept);
  return join(kept, "node_modules");
}

/** A node_modules whose packages are links, and whose cache is its own. */
async function linkPackages(folder: string, packages: string): Promise<void> {
  const modules = join(folder, "node_modules");
  await mkdir(modules);
  const names = (await readdir(packages)).filter((name) => name !== ".cache");
  await Promise.all(names.map((name) => symlink(join(packages, name), join(modules, name))));
}
