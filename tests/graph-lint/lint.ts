// `npm run lint:graph`: checkov, cfn-lint and parliament over the resource graphs of dev and production. Nothing is deployed.
// Exits with 1 when a checker finds what policy/checkov.tsv does not accept, with 2 when a checker is missing.
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import * as z from "zod";
import type { Resource } from "../../evaluation/evaluated.ts";
import { requireChecker } from "../support/checkers.ts";
import { evaluateProgram, ownersValues, root } from "../support/evaluate.ts";
import { readAccepted } from "./accepted.ts";
import { cloudFormation } from "./cloudformation.ts";
import { addressOf, terraform } from "./terraform.ts";

const requirements = "tests/graph-lint/requirements.txt";
const checkov = requireChecker("checkov", requirements);
const cfnLint = requireChecker("cfn-lint", requirements);
const parliament = requireChecker("parliament", requirements);

/** The stacks, production completed by the values that only its owner has. */
const stacks = [
  { name: "dev", over: {} },
  {
    name: "prod",
    over: await ownersValues(),
  },
];

const Checkov = z.object({
  summary: z.object({ passed: z.int(), failed: z.int(), resource_count: z.int().positive() }),
  results: z.object({
    failed_checks: z.array(z.object({ check_id: z.string(), check_name: z.string(), resource: z.string() })),
  }),
});
const CfnLint = z.array(
  z.object({
    Rule: z.object({ Id: z.string() }),
    Message: z.string(),
    Location: z.object({ Path: z.array(z.union([z.string(), z.number()])) }),
  }),
);
const Parliament = z.object({
  issue: z.string(),
  title: z.string(),
  /** An action, several, or what is wrong with each. */
  detail: z.unknown(),
  location: z.object({ filepath: z.string() }),
});

/** A finding about a resource: the check, as policy/checkov.tsv names it, and what it says. */
interface Finding {
  readonly check: string;
  readonly text: string;
  readonly resource: string;
}

const accepted = await readAccepted();
const folder = await mkdtemp(join(tmpdir(), "order-fanout-graph-"));
try {
  let open = 0;
  for (const { name, over } of stacks) {
    const { resources } = await evaluateProgram({ stack: name, stacks: root, over });
    const custom = [...resources.values()].filter((resource) => resource.custom);
    const findings = [
      ...(await checkTerraform(name, custom)),
      ...(await checkCloudFormation(name, custom)),
      ...(await checkPolicies(name, custom)),
    ];
    open += report(
      name,
      findings.filter((finding) => isOpen(name, finding)),
    );
  }
  if (open > 0) console.log("Mend them, or accept one in policy/checkov.tsv with its resource and the reason.");
  process.exitCode = open > 0 ? 1 : 0;
} finally {
  await rm(folder, { recursive: true });
}

function isOpen(name: string, { check, resource }: Finding): boolean {
  return !accepted.some(
    (one) => one.check === check && one.resource.test(resource) && (one.stack === undefined || one.stack === name),
  );
}

/** Prints the open findings, a line for each check, and gives the number of those lines. */
function report(stack: string, findings: readonly Finding[]): number {
  const checks = [...Map.groupBy(findings, ({ check }) => check)];
  const lines = checks.map(
    ([check, found]) => `  ${check} ${found[0]?.text}: ${found.map(({ resource }) => resource).join(", ")}`,
  );
  console.log([`${stack}: ${checks.length} open`, ...lines].join("\n"));
  return checks.length;
}

/** What checkov finds. */
async function checkTerraform(stack: string, resources: readonly Resource[]): Promise<Finding[]> {
  const at = join(folder, stack, "terraform");
  await mkdir(at, { recursive: true });
  await writeFile(join(at, "main.tf"), terraform(resources));
  const words = ["-d", at, "--framework", "terraform", "--quiet", "--skip-download", "-o", "json"];
  const { summary, results } = Checkov.parse(JSON.parse(output(checkov, words)));
  console.log(
    `${stack}: checkov, ${summary.resource_count} resources: ${summary.passed} passed, ${summary.failed} failed`,
  );
  return results.failed_checks.map(({ check_id, check_name, resource }) => ({
    check: check_id,
    text: check_name,
    resource,
  }));
}

/** What AWS's own schemas, by cfn-lint, refuse. */
async function checkCloudFormation(stack: string, resources: readonly Resource[]): Promise<Finding[]> {
  const file = join(folder, `${stack}.json`);
  await writeFile(file, cloudFormation(resources));
  const found = CfnLint.parse(JSON.parse(output(cfnLint, ["-f", "json", "-r", "eu-west-1", "-t", file])));
  console.log(`${stack}: cfn-lint, ${resources.length} resources`);
  return found.map(({ Rule, Message, Location }) => ({
    check: Rule.Id,
    text: Message,
    resource: String(Location.Path[1] ?? "the template"),
  }));
}

/** What parliament finds in the policies. It is not asked of trust policies, which have no resource by design. */
async function checkPolicies(stack: string, resources: readonly Resource[]): Promise<Finding[]> {
  const at = join(folder, stack, "policies");
  await mkdir(at, { recursive: true });
  const documents = resources.flatMap((resource) => {
    const { policy } = resource.inputs;
    return typeof policy === "string" ? [{ policy, file: `${addressOf(resource)}.json` }] : [];
  });
  await Promise.all(documents.map(({ policy, file }) => writeFile(join(at, file), policy)));
  const words = ["--directory", at, "--include_policy_extension", "json", "--json"];
  const lines = output(parliament, words).split("\n");
  console.log(`${stack}: parliament, ${documents.length} policies`);
  return lines
    .filter((line) => line !== "")
    .map((line) => Parliament.parse(JSON.parse(line)))
    .map(({ issue, title, detail, location }) => ({
      check: `${issue} ${textOf(detail)}`,
      text: title,
      resource: basename(location.filepath, ".json"),
    }));
}

function textOf(detail: unknown): string {
  if (Array.isArray(detail)) return detail.map(textOf).join(",");
  return typeof detail === "string" ? detail : JSON.stringify(detail);
}

/** What a checker writes; its exit code says only whether it found something. */
function output(file: string, words: readonly string[]): string {
  const { stdout, error } = spawnSync(file, words, {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: ["ignore", "pipe", "ignore"],
  });
  if (error) throw error;
  return stdout;
}
