import type { BuildOptions, BuildResult, Metafile, Plugin } from "esbuild";
import { createHash } from "node:crypto";
import { isBuiltin } from "node:module";
import { join, posix } from "node:path";
import * as z from "zod";
import { withEntry } from "./entry.ts";
import { staticPorts } from "./small.ts";

/** An entry's code of our own. What it takes of packages, it takes of `packages.js` beside it. */
export interface OwnCode {
  readonly code: string;
  /** Its source map, without the sources' content, by paths relative to the project's folder. */
  readonly map: string;
  /** Every file of ours that the entry imports, also by others, relative to the project's folder. */
  readonly files: readonly string[];
}

type OwnCodeOptions = BuildOptions & { write: false; metafile: true };

/** Offers each text of `entries` as a module in the project's folder. */
function entriesPlugin(root: string, entries: readonly string[]): Plugin {
  const texts = new Map(entries.map((entry) => [pathOf(entry), entry]));
  return {
    name: "entries",
    setup(esbuild) {
      esbuild.onResolve({ filter: /^entry:/ }, ({ path }) => ({ path, namespace: "entry" }));
      esbuild.onLoad({ filter: /.*/, namespace: "entry" }, ({ path }) => ({
        contents: texts.get(path) ?? "",
        resolveDir: root,
        loader: "ts",
      }));
    },
  };
}

/** The path of an entry's module. Not the text itself: esbuild takes `*` in a path for a pattern. */
const pathOf = (entry: string): string => `entry:${createHash("sha256").update(entry).digest("hex").slice(0, 16)}`;

/** What esbuild needs for entries that are given as texts; the first output is `out/0.js`. */
export const entriesOptions = (root: string, entries: readonly string[]) =>
  ({
    absWorkingDir: root,
    entryPoints: entries.map((entry, index) => ({ in: pathOf(entry), out: String(index) })),
    plugins: [entriesPlugin(root, entries)],
    bundle: true,
    write: false,
    outdir: "out",
    format: "cjs",
    platform: "node",
    target: "node24",
    define: { "import.meta": "{}" },
    legalComments: "none",
    logLevel: "silent",
  }) satisfies BuildOptions;

/**
 * Bundles the code of ours alone, with its own names: it takes a twentieth of the time that it takes with the packages, and
 * an edit of a comment changes nothing in it.
 */
export function ownCodeOptions(root: string, entries: readonly string[]): OwnCodeOptions {
  const options = entriesOptions(root, entries);
  return {
    ...options,
    plugins: [...options.plugins, staticPorts],
    packages: "external",
    metafile: true,
    sourcemap: "external",
    sourcesContent: false,
    minifyWhitespace: true, // comments go with it
    banner: { js: `const ${TAKE}=(name)=>require("./${PACKAGES_FILE}").packages[name];` },
  };
}

/** The file of an archive that has what its code takes of packages. */
export const PACKAGES_FILE = "packages.js";

/** The function of a bundle that gives a package by its name: as long as `require`. */
export const TAKE = "__taken";

/** What esbuild has made of each entry, by the entry. */
export function ownCodeOf(
  root: string,
  entries: readonly string[],
  { outputFiles, metafile }: BuildResult<OwnCodeOptions>,
): Map<string, OwnCode> {
  const texts = new Map(outputFiles.map(({ path, text }) => [path, text]));
  return new Map(
    entries.map((entry, index) => {
      const [code, map] = ["js", "js.map"].map((extension) => texts.get(join(root, `out/${index}.${extension}`)));
      if (code === undefined || map === undefined) throw new Error(`esbuild gave no output for ${entry}`);
      return [
        entry,
        {
          code: withEntry(takePackages(code), entry),
          map: byProject(map),
          files: filesOf(metafile, `entry:${pathOf(entry)}`),
        },
      ];
    }),
  );
}

/** How esbuild writes that a module is taken from outside. */
const TAKEN = /(__toESM\()?require\("([^"]+)"\)(,1\))?/g;

/**
 * Has `packages.js` give what packages give, to the letter as long: so the source map stays right. It has sorted out what
 * a default export is, which `__toESM` would do twice.
 */
const takePackages = (code: string): string =>
  code.replace(TAKEN, (text, converted: string | undefined, name: string) => {
    if (isBuiltin(name) || name.startsWith("./")) return text;
    const taken = `${TAKE}(${JSON.stringify(name)})`;
    return converted === undefined ? taken : `(${taken.padStart(taken.length + 7)}  )`;
  });

const SourceMap = z.looseObject({ sources: z.array(z.string()) });

/** A source map whose sources are relative to the project's folder: esbuild gives them relative to its output. */
function byProject(text: string): string {
  const map = SourceMap.parse(JSON.parse(text));
  const sources = map.sources.map((source) => (source.includes(":") ? "entry" : posix.join("out", source)));
  return JSON.stringify({ ...map, sources });
}

/** Every file that is reached from `from`. */
function filesOf({ inputs }: Metafile, from: string): string[] {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { path, external } of inputs[file]?.imports ?? []) if (!external) visit(path);
  };
  visit(from);
  seen.delete(from);
  return [...seen].sort();
}
