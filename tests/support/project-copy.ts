import { cp, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { root } from "./evaluate.ts";

/**
 * Copies the project into a folder of its own, but for the names left out, for as long as `use` runs. Its node_modules
 * is a folder of links; without a copy of the cache in it, the copy bundles for itself.
 */
export async function inCopy<T>(
  { without = [], cache }: { without?: readonly string[]; cache: boolean },
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "order-fanout-copy-"));
  try {
    const left = new Set([".git", ".local", ".venv", "node_modules", "tests", ...without]);
    const sources = (await readdir(root)).filter((name) => !left.has(name));
    await Promise.all(sources.map((name) => cp(join(root, name), join(folder, name), { recursive: true })));
    const modules = join(folder, "node_modules");
    await mkdir(modules);
    const packages = (await readdir(join(root, "node_modules"))).filter((name) => name !== ".cache");
    await Promise.all(packages.map((name) => symlink(join(root, "node_modules", name), join(modules, name))));
    if (cache) {
      // Bundles; Node's own cache of compiled modules is many files, and is used where it is, as are a bench's packages.
      const filter = (path: string) => !["compile", "against"].includes(basename(path));
      await cp(join(root, "node_modules/.cache"), join(modules, ".cache"), { recursive: true, filter });
    }
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
