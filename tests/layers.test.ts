import { expect } from "chai";
import { cruise, type IConfiguration } from "dependency-cruiser";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./support/evaluate.ts";

const OURS = [
  "bundling",
  "components",
  "config",
  "contracts",
  "evaluation",
  "handlers",
  "local",
  "openapi",
  "policy",
  "runtime",
];
const FILES = ["index.ts", "config.ts"];

/** The contracts that know callers, countries, events, outbox, ledger and secrets as such, and no order. */
const GENERAL = [
  "access",
  "cloud-event",
  "countries",
  "environment",
  "ledger",
  "metrics",
  "outbox",
  "problems",
  "secrets",
].map((name) => `contracts/${name}.ts`);

interface Arrow {
  from: string;
  /** Files of `from` that have a row of their own. */
  except?: string[];
  imports: string[];
  /** Of which only types may be imported: the runtime, for the code that describes it. */
  types?: string[];
}

/** What may import what of ours; an import that no row allows is a violation. */
const arrows: Arrow[] = [
  { from: "index.ts", imports: ["config.ts", "components/", "contracts/", "handlers/", "runtime/index.ts"] },
  {
    from: "config",
    imports: ["config/", "components/queue-limits.ts", "contracts/", "runtime/define/consumer.ts"],
    types: ["components/", "runtime/"],
  },
  {
    from: "components/",
    except: ["components/order-api.ts", "components/order-store.ts"],
    imports: ["components/", "bundling/", ...GENERAL],
    types: ["runtime/"],
  },
  { from: "bundling/", imports: ["bundling/"] },
  { from: "components/order-", imports: ["components/", "contracts/"], types: ["runtime/"] },
  { from: "contracts/", imports: ["contracts/"] },
  { from: "handlers/", imports: ["handlers/", "runtime/index.ts", "contracts/"] },
  { from: "runtime/", imports: ["runtime/", ...GENERAL] },
  { from: "evaluation/", imports: ["evaluation/"] },
  { from: "local/", imports: ["local/", "contracts/", "evaluation/", "bundling/"] },
  { from: "openapi/", imports: ["openapi/", "contracts/", "handlers/"], types: ["runtime/"] },
  { from: "policy/", imports: ["policy/"] },
];

const anyOf = (paths: readonly string[]) => `^(${paths.map((path) => path.replaceAll(".", "\\.")).join("|")})`;
const ours = anyOf([...OURS.map((folder) => `${folder}/`), ...FILES, "commands/", "tests/"]);

const rules: NonNullable<IConfiguration["forbidden"]> = [
  ...arrows.map(({ from, except = [], imports, types = [] }) => ({
    name: `${from} imports only ${[...imports, ...types].join(", ") || "nothing"} of ours`,
    from: { path: anyOf([from]), ...(except.length > 0 && { pathNot: anyOf(except) }) },
    to: { path: ours, ...(imports.length + types.length > 0 && { pathNot: anyOf([...imports, ...types]) }) },
  })),
  ...arrows
    .filter(({ types }) => types)
    .map(({ from, imports, types = [] }) => ({
      name: `${from} imports types alone of ${types.join(", ")}`,
      from: { path: anyOf([from]) },
      to: {
        path: anyOf(types),
        pathNot: anyOf(imports),
        dependencyTypesNot: ["type-only" as const, "type-import" as const],
      },
    })),
  {
    name: "components/bundle.ts imports only bundling/ of ours",
    from: { path: "^components/bundle\\.ts$" },
    to: { path: ours, pathNot: "^bundling/" },
  },
  {
    name: "what runs inside Lambda never imports Pulumi or a bundler",
    from: { path: "^(handlers|runtime|contracts)/" },
    to: { path: "node_modules/(@pulumi|esbuild)" },
  },
  {
    name: "what is deployed needs no developer's package",
    from: { path: anyOf(["index.ts", "config", "bundling/", "components/", "contracts/", "handlers/", "runtime/"]) },
    to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
  },
  { name: "nothing imports local", from: { pathNot: "^local/" }, to: { path: "^local/" } },
  { name: "nothing goes in a circle, not even by types", from: {}, to: { circular: true } },
  // A document of the local page loads it by its address.
  { name: "nothing is an orphan", from: { orphan: true, path: ours, pathNot: "browser/api-docs\\.ts$" }, to: {} },
  { name: "everything is found", from: {}, to: { couldNotResolve: true } },
];

/** Source files that may be longer than 250 lines, each with its reason. Data and expected files do not count. */
const LONG: Readonly<Record<string, string>> = {
  "tests/config.test.ts": "a list: one case for each key and each mistake",
  "tests/local/cloud.test.ts": "one running cloud for all: each start costs seconds",
  "tests/mutants/guards.ts": "a list: one entry a guard",
  "tests/policy/mutants.ts": "a list: one entry a change of the graph",
  "tests/reliability/invariants.test.ts": "a list: one test for each promise",
};
const MOST_LINES = 250;

/** Words of the shop's own domain in a source, outside comments, the project's own name, Pulumi's type tokens and metrics. */
function domainWords(source: string): string[] {
  const code = source
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/(^|\s)\/\/.*$/gm, "")
    .replace(/order-fanout(:orders:)?|OrderFanout|ORDER BY|NumberOfNotificationsFailed/g, "");
  return code.match(/\b\w*(order(?!ed)|shipment|inventory|notification|carrier)\w*/gi) ?? [];
}

describe("the layers", () => {
  it("point one way, without circles and orphans", async () => {
    const { output } = await cruise(
      [...FILES, ...OURS, "commands"],
      {
        baseDir: root,
        ruleSet: { forbidden: rules },
        validate: true,
        tsPreCompilationDeps: true,
        doNotFollow: { path: "node_modules" },
        enhancedResolveOptions: {
          exportsFields: ["exports"],
          conditionNames: ["import", "require", "node", "default"],
        },
      },
      {},
      { tsConfig: extractTSConfig(join(root, "tsconfig.json")) },
    );
    if (typeof output === "string") throw new Error("dependency-cruiser gave text instead of a result");
    const found = output.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
    expect(found).to.deep.equal([]);
    expect(output.modules.filter(({ source }) => source.startsWith("handlers/"))).to.have.length.above(10);
  });

  it("keep runtime/ and components/ free of orders: their tables and events come in by arguments", async () => {
    const files = (await sources()).filter(
      (file) => /^(runtime|components)\//.test(file) && !/^components\/order-(api|store)\.ts$/.test(file),
    );
    const found = await Promise.all(
      files.map(async (file) =>
        domainWords(await readFile(join(root, file), "utf8")).map((word) => `${file}: ${word}`),
      ),
    );
    expect(files).to.have.length.above(25);
    expect(found.flat()).to.deep.equal([]);
  });

  it("have no source file over 250 lines but the listed ones", async () => {
    const lengths = await Promise.all(
      (await sources()).map(async (file) => ({
        file,
        lines: (await readFile(join(root, file), "utf8")).trimEnd().split("\n").length,
      })),
    );
    const long = lengths.filter(({ lines }) => lines > MOST_LINES).map(({ file }) => file);
    expect(long.sort()).to.deep.equal(Object.keys(LONG).sort());
  });
});

/** Every source file of the project, relative to its folder. */
async function sources(): Promise<string[]> {
  const inFolders = await Promise.all(
    [...OURS, "commands", "tests"].map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true })).map((file) => `${folder}/${file}`),
    ),
  );
  return [...FILES, ...inFolders.flat()].filter((file) => /\.(ts|cjs)$/.test(file));
}
