import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";

/** A file as it is served. */
export interface Asset {
  readonly type: string;
  readonly body: Buffer;
  readonly etag: string;
}

const javascript = "text/javascript; charset=utf-8";
const css = "text/css; charset=utf-8";

/** The libraries, from node_modules: by the name in the page's import map, or in its document. */
const libraries: Readonly<Record<string, readonly [file: () => string, type: string]>> = {
  "preact.js": [() => import.meta.resolve("preact"), javascript],
  "hooks.js": [() => import.meta.resolve("preact/hooks"), javascript],
  "htm.js": [() => import.meta.resolve("htm"), javascript],
  "signals.js": [() => import.meta.resolve("@preact/signals"), javascript],
  "signals-core.js": [() => import.meta.resolve("@preact/signals-core"), javascript],
  "dagre.js": [() => import.meta.resolve("@dagrejs/dagre"), javascript],
  "uplot.js": [() => import.meta.resolve("uplot/dist/uPlot.iife.min.js"), javascript],
  "uplot.css": [() => import.meta.resolve("uplot/dist/uPlot.min.css"), css],
  "redoc.js": [() => import.meta.resolve("redoc/bundles/redoc.standalone.js"), javascript],
};

/** The files of a page that has not opened the API's documentation. */
export const libraryFiles = Object.keys(libraries).filter((name) => name !== "redoc.js");

/** What the page's code imports by name. */
export const importMap = JSON.stringify({
  imports: {
    preact: "/_local/lib/preact.js",
    "preact/hooks": "/_local/lib/hooks.js",
    htm: "/_local/lib/htm.js",
    "@preact/signals": "/_local/lib/signals.js",
    "@preact/signals-core": "/_local/lib/signals-core.js",
    "@dagrejs/dagre": "/_local/lib/dagre.js",
  },
});

const kept = new Map<string, Asset>();

/** A file under /_local/lib/ or /_local/code/; undefined where there is none. The page's code loses its types here. */
export function assetOf(folder: string, name: string): Asset | undefined {
  if (folder === "code") return code(name);
  const library = Object.hasOwn(libraries, name) ? libraries[name] : undefined;
  if (library === undefined) return undefined;
  const asset = kept.get(name) ?? assetFrom(withoutLogo(readFileSync(new URL(library[0]()))), library[1]);
  kept.set(name, asset);
  return asset;
}

/** redoc shows its maker's logo, from its maker's site: where that is not there, it shows none. */
const withoutLogo = (body: Buffer): Buffer =>
  body.includes(LOGO) ? Buffer.from(body.toString().replaceAll(LOGO, "data:,")) : body;
const LOGO = "https://cdn.redoc.ly/redoc/";

/** Node says of this function at its first call that it is experimental: on the developer's terminal, where it is no news. */
function stripTypes(text: string): string {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = emitWarning;
  }
}

function code(name: string): Asset | undefined {
  const url = new URL(`./browser/${name}`, import.meta.url);
  if (!/^[a-z-]+\.(ts|css)$/.test(name) || !existsSync(url)) return undefined;
  const text = readFileSync(url, "utf8");
  return name.endsWith(".css")
    ? assetFrom(Buffer.from(text), css)
    : assetFrom(Buffer.from(stripTypes(text)), javascript);
}

const assetFrom = (body: Buffer, type: string): Asset => ({
  type,
  body,
  etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`,
});
