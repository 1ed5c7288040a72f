import { expect } from "chai";
import { cruise, type IConfiguration } from "dependency-cruiser";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";
import { join } from "node:path";
import { root } from "./support/evaluate.ts";

const OURS = ["components", "contracts", "handlers", "local", "runtime"];
const FILES = ["index.ts", "config.ts"];

/** What may import what of ours; what is not said is not allowed. Types of the runtime are for whoever describes it. */
const arrows: Record<string, { imports: string[]; types?: string[] }> = {
  "index.ts": { imports: ["config.ts", "components/", "contracts/", "handlers/", "runtime/"] },
  "config.ts": { imports: [], types: ["runtime/"] },
  "components/": { imports: ["components/", "contracts/"], types: ["runtime/"] },
  "contracts/": { imports: ["contracts/"] },
  "handlers/": { imports: ["handlers/", "runtime/", "contracts/"] },
  "runtime/": { imports: ["runtime/", "contracts/"] },
  "local/": { imports: ["local/", "contracts/"] },
};

const anyOf = (paths: readonly string[]) => `^(${paths.map((path) => path.replaceAll(".", "\\.")).join("|")})`;
const ours = anyOf([...OURS.map((folder) => `${folder}/`), ...FILES, "commands/", "tests/", "policy/"]);

const rules: NonNullable<IConfiguration["forbidden"]> = [
  ...Object.entries(arrows).map(([from, { imports, types = [] }]) => ({
    name: `${from} imports only ${[...imports, ...types].join(", ") || "nothing"} of ours`,
    from: { path: anyOf([from]) },
    to: { path: ours, ...(imports.length + types.length > 0 && { pathNot: anyOf([...imports, ...types]) }) },
  })),
  ...Object.entries(arrows)
    .filter(([, { types }]) => types)
    .map(([from, { types = [] }]) => ({
      name: `${from} imports types alone of ${types.join(", ")}`,
      from: { path: anyOf([from]) },
      to: { path: anyOf(types), dependencyTypesNot: ["type-only" as const, "type-import" as const] },
    })),
  {
    name: "components/bundle.ts imports nothing of ours",
    from: { path: "^components/bundle\\.ts$" },
    to: { path: ours },
  },
  {
    name: "what runs inside Lambda never imports Pulumi or a bundler",
    from: { path: "^(handlers|runtime|contracts)/" },
    to: { path: "node_modules/(@pulumi|esbuild)" },
  },
  {
    name: "what is deployed needs no developer's package",
    from: { path: anyOf(["index.ts", "config.ts", "components/", "contracts/", "handlers/", "runtime/"]) },
    to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
  },
  { name: "nothing imports local", from: { pathNot: "^local/" }, to: { path: "^local/" } },
  {
    name: "nothing goes in a circle",
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
  },
  { name: "nothing is an orphan", from: { orphan: true, path: ours }, to: {} },
  { name: "everything is found", from: {}, to: { couldNotResolve: true } },
];

describe("the layers", () => {
  it("point one way, without circles and orphans", async function () {
    this.timeout(60_000);
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
});
