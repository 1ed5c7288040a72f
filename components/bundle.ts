import * as pulumi from "@pulumi/pulumi";
import { decode, encode, type SourceMapSegment } from "@jridgewell/sourcemap-codec";
import { build, type Metafile } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, posix, relative } from "node:path";
import * as z from "zod";

/** The wrappers that run a handler inside Lambda, each with its file. */
const wrappers = {
  consume: "runtime/lambda/consume.ts",
  serve: "runtime/lambda/serve.ts",
  runScheduled: "runtime/lambda/run-scheduled.ts",
} as const;
export type Wrapper = keyof typeof wrappers;

const root = join(import.meta.dirname, "..");
const cacheDirectory = "node_modules/.cache/order-fanout";

/** The bundled runtime of the inline callbacks, relative to the project's folder: so it stands in their archives. */
export const inlineRuntimeFile = `./${cacheDirectory}/inline.cjs`;

const Bundle = z.object({
  code: z.string(),
  /** Its source map: of our own files alone, without their content, by paths relative to the project's folder. */
  map: z.string(),
});
export type Bundle = z.output<typeof Bundle>;

/** The entries to bundle in the next run of esbuild, each with its promise. */
const wanted = new Map<string, PromiseWithResolvers<Bundle>>();

/** Bundles the code of a handler's function: its file, its wrapper, and only the parts of packages that they use. */
export function bundleHandler(module: ImportMeta, wrapper: Wrapper): pulumi.Output<Bundle> {
  const file = relative(root, module.filename);
  return pulumi.output(
    bundle(
      `import handler from "./${file}"; import { ${wrapper} } from "./${wrappers[wrapper]}"; ` +
        `export const handle = ${wrapper}(handler);`,
    ),
  );
}

/** Bundles the runtime of the inline callbacks, with the program's events, into its file, once; gives the file's name. */
export function bundleInlineRuntime(events: ImportMeta): pulumi.Output<string> {
  inlineRuntime ??= bundle(
    `import { events } from "./${relative(root, events.filename)}"; ` +
      `import { inlineRuntime } from "./runtime/lambda/inline.ts"; ` +
      `export const { consumeInline, serveInline } = inlineRuntime(events);`,
  ).then(async ({ code }) => {
    await replaceFile(join(root, inlineRuntimeFile), code);
    return inlineRuntimeFile;
  });
  return pulumi.output(inlineRuntime);
}
let inlineRuntime: Promise<string> | undefined;

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
    const cached = new Map(
      await Promise.all([...asked.keys()].map(async (entry) => [entry, await readCache(entry)] as const)),
    );
    const missing = [...asked.keys()].filter((entry) => cached.get(entry) === undefined);
    const built = missing.length > 0 ? await runEsbuild(missing) : new Map<string, Bundle>();
    for (const [entry, { resolve, reject }] of asked) {
      const found = cached.get(entry) ?? built.get(entry);
      if (found) resolve(found);
      else reject(new Error(`esbuild gave no output for ${entry}`));
    }
  } catch (error) {
    for (const { reject } of asked.values()) reject(error);
  }
}

async function runEsbuild(entries: readonly string[]): Promise<Map<string, Bundle>> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: entries.map((entry, index) => ({ in: `entry:${entry}`, out: String(index) })),
    plugins: [
      {
        name: "entries",
        setup(esbuild) {
          esbuild.onResolve({ filter: /^entry:/ }, ({ path }) => ({
            path: path.slice("entry:".length),
            namespace: "entry",
          }));
          esbuild.onLoad({ filter: /.*/, namespace: "entry" }, ({ path }) => ({
            contents: path,
            resolveDir: root,
            loader: "ts",
          }));
        },
      },
    ],
    bundle: true,
    write: false,
    metafile: true,
    outdir: "out",
    format: "cjs",
    platform: "node",
    target: "node24",
    mainFields: ["module", "main"],
    minify: true,
    sourcemap: "external",
    sourcesContent: false,
    legalComments: "none",
    define: { "import.meta": "{}" },
    logLevel: "silent",
  });
  const built = new Map<string, Bundle>();
  await Promise.all(
    entries.map(async (entry, index) => {
      const [code, map] = ["js", "js.map"].map((extension) =>
        result.outputFiles.find(({ path }) => path === join(root, `out/${index}.${extension}`)),
      );
      if (!code || !map) return;
      const one = { code: code.text, map: trimMap(map.text) };
      built.set(entry, one);
      await writeCache(entry, one, result.metafile.outputs[`out/${index}.js`]);
    }),
  );
  return built;
}

const EsbuildMap = z.object({ sources: z.array(z.string()), mappings: z.string() });

/** Takes what is not ours out of a source map: it is nine tenths of it, and names nobody's mistake. */
function trimMap(text: string): string {
  const { sources, mappings } = EsbuildMap.parse(JSON.parse(text));
  const files = sources.map((source) => posix.join("out", source)); // esbuild gives them relative to the output
  const kept = files.filter(isOurs);
  const lines = decode(mappings).map((segments) => {
    const trimmed: SourceMapSegment[] = [];
    for (const [column, source, line, sourceColumn] of segments) {
      const index = source === undefined ? -1 : kept.indexOf(files[source] ?? "");
      if (index >= 0 && line !== undefined && sourceColumn !== undefined) {
        trimmed.push([column, index, line, sourceColumn]);
      } else if (trimmed.at(-1)?.length !== 1) {
        trimmed.push([column]); // from here on not ours
      }
    }
    return trimmed;
  });
  return JSON.stringify({ version: 3, sources: kept, names: [], mappings: encode(lines) });
}

const isOurs = (file: string): boolean => !/(^|\/)node_modules\/|^\.\.\/|:/.test(file);

/**
 * A cached bundle is good as long as every file of ours in it is the same, and the lockfile. node_modules is not hashed:
 * the lockfile stands for it.
 */
const Cached = z.object({ inputs: z.record(z.string(), z.string()), bundle: Bundle });

const LOCKFILE = "package-lock.json";

async function readCache(entry: string): Promise<Bundle | undefined> {
  try {
    const { inputs, bundle } = Cached.parse(JSON.parse(await readFile(cacheFile(entry), "utf8")));
    const fresh = await Promise.all(
      Object.entries(inputs).map(async ([file, hash]) => (await hashFile(file)) === hash),
    );
    return fresh.every(Boolean) ? bundle : undefined;
  } catch {
    return undefined;
  }
}

async function writeCache(entry: string, bundle: Bundle, output?: Metafile["outputs"][string]): Promise<void> {
  const ours = Object.keys(output?.inputs ?? {}).filter(isOurs);
  const inputs = await Promise.all(
    [LOCKFILE, "components/bundle.ts", ...ours].map(async (file) => [file, await hashFile(file)] as const),
  );
  const cached: z.output<typeof Cached> = { inputs: Object.fromEntries(inputs), bundle };
  await replaceFile(cacheFile(entry), JSON.stringify(cached));
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
