import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { entryOf, INLINE_FILE } from "../../bundling/entry.ts";
import { PACKAGES_FILE, type OwnCode } from "../../bundling/own-code.ts";
import { bundlePackages, packagesEntry } from "../../bundling/packages.ts";
import { unpack, type Archive } from "../lambda/archive.ts";
import type { FunctionConfig } from "../lambda/execution-environment.ts";
import type { Functions } from "../lambda/functions.ts";
import type { Services } from "../shared/services.ts";
import { aliasesOf, provisionInto, type Graph, type Made } from "./graph.ts";

/** A function whose code is bundled of an entry. */
export interface Bundled {
  readonly name: string;
  readonly made: Made;
  readonly config: FunctionConfig;
  readonly entry: string;
  /** The code that runs. */
  readonly code: string;
}

/** A function's code of an entry, where it has one. */
export function bundledOf(name: string, made: Made, functions: Pick<Functions, "find">): Bundled | undefined {
  const config = functions.find(name);
  if (config === undefined) return undefined;
  const code = readFileSync(join(config.folder, `${config.handler.split(".")[0]}.js`), "utf8");
  const entry = entryOf(code);
  return entry === undefined ? undefined : { name, made, config, entry, code };
}

/** The entry of the runtime that a function with an inline callback has. */
export function inlineEntryOf(config: FunctionConfig | undefined): string | undefined {
  const file = config && join(config.folder, INLINE_FILE);
  return file !== undefined && existsSync(file) ? entryOf(readFileSync(file, "utf8")) : undefined;
}

/** Writes the source map beside code that is the same: its lines may have moved. */
export const refreshMap = ({ config: { folder } }: Bundled, { map }: OwnCode): void =>
  writeFileSync(join(folder, "index.js.map"), map);

/** A function's new code, unpacked beside the code that runs. */
export interface NewCode {
  readonly bundled: Bundled;
  readonly archive: Archive;
  /** As the function would have it. */
  readonly config: FunctionConfig;
  /** Name what the code that runs takes of packages, and what the new code does. */
  readonly packages: { readonly before: string; readonly after: string };
}

/** Bundles a function's new code whole: packages are bundled again only where it takes others. */
export async function prepare(root: string, state: string, bundled: Bundled, own: OwnCode): Promise<NewCode> {
  const [before, after] = [packagesOf(bundled.code), packagesOf(own.code)];
  const kept = readFileSync(join(bundled.config.folder, PACKAGES_FILE), "utf8");
  const packages = before === after ? kept : ((await bundlePackages(root, [after])).get(after) ?? "");
  const texts = { "index.js": own.code, "index.js.map": own.map, [PACKAGES_FILE]: packages };
  const archive = { assets: Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, { text }])) };
  const into = join(state, "code");
  mkdirSync(into, { recursive: true });
  const folder = await unpack(archive, root, into);
  return { bundled, archive, config: { ...bundled.config, folder }, packages: { before, after } };
}

/** What the last pieces of code take of packages: it costs a parse, and each piece is asked for twice. */
const known = new Map<string, string>();
const MOST_KNOWN = 50;

function packagesOf(code: string): string {
  const packages = known.get(code) ?? packagesEntry(code);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(code, packages);
  return packages;
}

/** Has a function run new code: a version of its own, to which its aliases move when it is loaded. */
export async function replace(
  { bundled: { name, made, config }, archive }: NewCode,
  { graph, services, functions }: { graph: Graph; services: Services; functions: Functions },
): Promise<void> {
  const { outputs } = await provisionInto(graph, { ...made, inputs: { ...made.inputs, code: archive } }, services);
  const version = String(outputs["version"]);
  await functions.warm(`${name}:${version}`);
  for (const alias of aliasesOf(graph, name, config.version))
    await provisionInto(graph, { ...alias, inputs: { ...alias.inputs, functionVersion: version } }, services);
  if (version !== config.version) functions.remove(name, config.version);
}
