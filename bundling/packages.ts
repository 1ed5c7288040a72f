import { parse, type AnyNode } from "acorn";
import { build } from "esbuild";
import { join } from "node:path";
import { entriesOptions, PACKAGES_FILE, TAKE } from "./own-code.ts";
import { smallPackages } from "./small.ts";

/**
 * The module that gives code what it uses of packages, and no more: only so are the rest of them left out. For the code
 * of `ownCodeOf`.
 */
export function packagesEntry(code: string): string {
  const imports: string[] = [];
  const parts = [...usedIn(code)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, names], index) => {
      const from = JSON.stringify(name);
      if (names.has("*")) {
        imports.push(`import * as p${index} from ${from};`);
        return `${from}: p${index}`;
      }
      const sorted = [...names].sort();
      imports.push(`import { ${sorted.map((one, at) => `${one} as p${index}_${at}`).join(", ")} } from ${from};`);
      return `${from}: { ${sorted.map((one, at) => `${one}: p${index}_${at}`).join(", ")} }`;
    });
  return `${imports.join(" ")} export const packages = { ${parts.join(", ")} };`;
}

/** Bundles what different entries of `packagesEntry` take of the packages; gives the code by the entry. */
export async function bundlePackages(root: string, entries: readonly string[]): Promise<Map<string, string>> {
  const options = entriesOptions(root, entries);
  const { outputFiles } = await build({
    ...options,
    plugins: [...options.plugins, smallPackages(root)],
    mainFields: ["module", "main"],
    minify: true,
  });
  const texts = new Map(outputFiles.map(({ path, text }) => [path, text]));
  return new Map(entries.map((entry, index) => [entry, texts.get(join(root, `out/${index}.js`)) ?? ""]));
}

/** Code of `ownCodeOf` with its `packages.js` in one file, where an archive has no second one. */
export const bundleWhole = (code: string, packages: string): string =>
  `const ${PACKAGES}={exports:{}};(function(module,exports){${packages}})(${PACKAGES},${PACKAGES}.exports);\n` +
  code.replace(`require("./${PACKAGES_FILE}")`, `${PACKAGES}.exports`);

const PACKAGES = "__packages";

/** A node of a syntax tree, and where it stands. */
interface Placed {
  readonly node: AnyNode;
  readonly parent: AnyNode | undefined;
  /** The property of the parent. */
  readonly key: string;
}

/** The exports that code uses, by package; `*` where it uses a package in any other way than by a name of it. */
function usedIn(code: string): Map<string, Set<string>> {
  const nodes = [...nodesOf({ node: parse(code, { ecmaVersion: "latest" }), parent: undefined, key: "" })];
  const used = new Map<string, Set<string>>();
  const variables = new Map<string, Set<string>>();
  for (const { node, parent } of nodes) {
    const name = packageOf(node);
    if (name === undefined || parent === undefined) continue;
    const names = used.get(name) ?? new Set();
    used.set(name, names);
    if (parent.type === "VariableDeclarator" && parent.id.type === "Identifier") variables.set(parent.id.name, names);
    else if (parent.type === "AssignmentExpression" && parent.left.type === "Identifier")
      variables.set(parent.left.name, names);
    else if (parent.type !== "ExpressionStatement") names.add("*");
  }
  for (const { node, parent, key } of nodes) {
    const names = node.type === "Identifier" ? variables.get(node.name) : undefined;
    if (names === undefined || parent === undefined) continue;
    const isMember = parent.type === "MemberExpression" && !parent.computed;
    if (isMember && key === "object" && parent.property.type === "Identifier") names.add(parent.property.name);
    else if (!(isMember || key === "key" || key === "id" || (parent.type === "AssignmentExpression" && key === "left")))
      names.add("*");
  }
  return used;
}

/** The package that an expression takes, as `ownCodeOf` writes it. */
function packageOf(node: AnyNode): string | undefined {
  if (node.type !== "CallExpression" || node.callee.type !== "Identifier" || node.callee.name !== TAKE)
    return undefined;
  return node.arguments[0]?.type === "Literal" ? String(node.arguments[0].value) : undefined;
}

function* nodesOf(placed: Placed): Generator<Placed> {
  yield placed;
  for (const [key, value] of Object.entries(placed.node)) {
    for (const node of [value].flat()) if (isNode(node)) yield* nodesOf({ node, parent: placed.node, key });
  }
}

const isNode = (value: unknown): value is AnyNode => typeof value === "object" && value !== null && "type" in value;
