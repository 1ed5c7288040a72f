import * as pulumi from "@pulumi/pulumi";
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import * as z from "zod";
import { handlerEntry, INLINE_FILE, inlineEntry, withEntry, type Wrapper } from "../bundling/entry.ts";
import { ownCodeOf, ownCodeOptions } from "../bundling/own-code.ts";
import { bundlePackages, bundleWhole, packagesEntry } from "../bundling/packages.ts";

const root = join(import.meta.dirname, "..");
const cacheDirectory = "node_modules/.cache/order-fanout";

/** Where the bundled runtime of an inline callback stands in its archive. */
export const inlineRuntimeFile = `./${INLINE_FILE}`;

const Bundle = z.object({
  code: z.string(),
  /** Its source map, without the sources' content, by paths relative to the project's folder. */
  map: z.string(),
  /** What the code takes of packages. */
  packages: z.string(),
});
export type Bundle = z.output<typeof Bundle>;

/** The entries to bundle in the next run of esbuild, each with its promise. */
const wanted = new Map<string, PromiseWithResolvers<Bundle>>();

/** Bundles the code of a handler's function: its file, its wrapper, and only the parts of packages that they use. */
export function bundleHandler(module: ImportMeta, wrapper: Wrapper): pulumi.Output<Bundle> {
  return pulumi.output(bundle(handlerEntry(relative(root, module.filename), wrapper)));
}

/**
 * Bundles the runtime of the inline callbacks that use these kinds of resource, with the program's events, into a file,
 * once; gives the file's name, relative to the project's folder.
 */
export function bundleInlineRuntime(events: ImportMeta, used: Iterable<string>): pulumi.Output<string> {
  const kinds = [...new Set(used)].sort();
  const file = `./${cacheDirectory}/${["inline", ...kinds].join("-")}.cjs`;
  const entry = inlineEntry(relative(root, events.filename), kinds);
  const made =
    inlineRuntimes.get(file) ??
    bundle(entry)
      .then(({ code, packages }) => bundleWhole(code, packages))
      .then(async (code) => {
        await replaceFile(join(root, file), withEntry(code, entry));
        return file;
      });
  inlineRuntimes.set(file, made);
  return pulumi.output(made);
}
const inlineRuntimes = new Map<string, Promise<string>>();

/** Asks for an entry. All entries of one turn of the program are bundled in one run, which takes a third of the time. */
function bundle(entry: string): Promise<Bundle> {
  const asked = wanted.get(entry);
  if (asked) return asked.promise;
  if (wanted.size === 0) setImmediate(() => void run());
  const promised = Promise.withResolvers<Bundle>();
  wanted.set(entry, promised);
  return promised.promise;
}

async function run(): Promise<void> {
  const asked = new Map(wanted);
  wanted.clear();
  try {
    const bundles = await cached([...asked.keys()], Bundle, bundleAll);
    for (const [entry, { resolve, reject }] of asked) {
      const found = bundles.get(entry);
      if (found) resolve(found);
      else reject(new Error(`esbuild gave no output for ${entry}`));
    }
  } catch (error) {
    for (const { reject } of asked.values()) reject(error);
  }
}

async function bundleAll(entries: readonly string[]): Promise<Map<string, Made<Bundle>>> {
  const own = ownCodeOf(root, entries, await build(ownCodeOptions(root, entries)));
  const packagesOf = new Map([...own].map(([entry, { code }]) => [entry, packagesEntry(code)]));
  const packages = await cached([...new Set(packagesOf.values())], z.string(), async (missing) => {
    const bundled = await bundlePackages(root, missing);
    return new Map([...bundled].map(([entry, value]) => [entry, { value, files: [] }]));
  });
  return new Map(
    [...own].map(([entry, { code, map, files }]) => {
      const value = { code, map, packages: packages.get(packagesOf.get(entry) ?? "") ?? "" };
      return [entry, { value, files }];
    }),
  );
}

/** What was made of an entry, and the files of ours that it was made of. */
interface Made<T> {
  readonly value: T;
  readonly files: readonly string[];
}

/**
 * Gives what is made of each entry, out of the cache where every file of ours in it is the same, and the lockfile.
 * node_modules is not hashed: the lockfile stands for it.
 */
async function cached<T>(
  entries: readonly string[],
  schema: z.ZodType<T>,
  make: (missing: readonly string[]) => Promise<Map<string, Made<T>>>,
): Promise<Map<string, T>> {
  const found = new Map<string, T>();
  await Promise.all(
    entries.map(async (entry) => {
      const kept = await readCache(entry, schema);
      if (kept) found.set(entry, kept.value);
    }),
  );
  const missing = entries.filter((entry) => !found.has(entry));
  if (missing.length === 0) return found;
  for (const [entry, made] of await make(missing)) {
    found.set(entry, made.value);
    await writeCache(entry, made);
  }
  return found;
}

/** The files that every bundle depends on: what bundles, and the versions of the packages. */
const BUNDLERS = [
  "package-lock.json",
  "components/bundle.ts",
  ...readdirSync(join(root, "bundling")).flatMap((name) => (name.endsWith(".ts") ? [`bundling/${name}`] : [])),
];

async function readCache<T>(entry: string, schema: z.ZodType<T>): Promise<{ value: T } | undefined> {
  const Cached = z.object({ inputs: z.record(z.string(), z.string()), value: schema });
  try {
    const { inputs, value } = Cached.parse(JSON.parse(await readFile(cacheFile(entry), "utf8")));
    const fresh = await Promise.all(
      Object.entries(inputs).map(async ([file, hash]) => (await hashFile(file)) === hash),
    );
    return fresh.every(Boolean) ? { value } : undefined;
  } catch {
    return undefined;
  }
}

async function writeCache<T>(entry: string, { value, files }: Made<T>): Promise<void> {
  const inputs = await Promise.all([...BUNDLERS, ...files].map(async (file) => [file, await hashFile(file)] as const));
  await replaceFile(cacheFile(entry), JSON.stringify({ inputs: Object.fromEntries(inputs), value }));
}

const cacheFile = (entry: string): string => join(root, cacheDirectory, "bundles", `${hash(entry).slice(0, 16)}.json`);

/** Replaces a file in one step: a reader sees the old one or the new one, never half of it. */
async function replaceFile(path: string, content: string): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, content);
  await rename(temporary, path);
}

const hash = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");
const hashes = new Map<string, Promise<string>>();
function hashFile(file: string): Promise<string> {
  const known = hashes.get(file) ?? readFile(join(root, file)).then(hash);
  hashes.set(file, known);
  return known;
}
