// `npm run lint:graph [-- --except CHECK ...]`: checkov and parliament over the resource graphs of dev and production. Nothing
// is deployed. Exits with 1 when a checker finds what policy/checkov.tsv does not accept, with 2 when a checker is missing.
// A check after --except is reported and not counted: for what is known to be open, and stays a finding.
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as z from "zod";
import { evaluateStart, readStart } from "../../evaluation/evaluate.ts";
import type { Resource } from "../../evaluation/evaluated.ts";
import { requireChecker } from "../support/checkers.ts";
import { root } from "../support/evaluate.ts";
import { readAccepted } from "./accepted.ts";
import { addressOf, terraform } from "./terraform.ts";

const { values } = parseArgs({ options: { except: { type: "string", multiple: true, default: [] } } });
const requirements = "tests/graph-lint/requirements.txt";
const checkov = requireChecker("checkov", requirements);
const parliament = requireChecker("parliament", requirements);

/** The stacks, production completed by the values that only its owner has. */
const stacks = [
  { name: "dev", over: {} },
  {
    name: "prod",
    over: z.record(z.string(), z.unknown()).parse(JSON.parse(await readFile("policy/production.json", "utf8"))),
  },
];

const Checkov = z.object({
  summary: z.object({ passed: z.int(), failed: z.int(), resource_count: z.int().positive() }),
  results: z.object({
    failed_checks: z.array(z.object({ check_id: z.string(), check_name: z.string(), resource: z.string() })),
  }),
});
const Finding = z.object({ issue: z.string(), detail: z.unknown(), location: z.object({ filepath: z.string() }) });

const accepted = await readAccepted();
const folder = await mkdtemp(join(tmpdir(), "order-fanout-graph-"));
try {
  let open = 0;
  for (const { name, over } of stacks) {
    const start = await readStart({ from: root, file: join(root, `Pulumi.${name}.yaml`), over });
    const { resources } = await evaluateStart(start);
    const custom = [...resources.values()].filter((resource) => resource.custom);
    const findings = [...(await checkTerraform(name, custom)), ...(await checkPolicies(name, custom))];
    const counted = findings.filter((one) => !values.except.some((check) => one.startsWith(`${check} `)));
    console.log([`${name}: ${findings.length} open, ${counted.length} of them counted`, ...findings].join("\n  "));
    open += counted.length;
  }
  if (open > 0) console.log("Mend them, or accept one in policy/checkov.tsv with its resource and the reason.");
  process.exitCode = open > 0 ? 1 : 0;
} finally {
  await rm(folder, { recursive: true });
}

/** What checkov finds and the project does not accept, a line for each check. */
async function checkTerraform(stack: string, resources: readonly Resource[]): Promise<string[]> {
  const at = join(folder, stack, "terraform");
  await mkdir(at, { recursive: true });
  await writeFile(join(at, "main.tf"), terraform(resources));
  const words = ["-d", at, "--framework", "terraform", "--quiet", "--skip-download", "-o", "json"];
  const { summary, results } = Checkov.parse(JSON.parse(output(checkov, words)));
  const failed = results.failed_checks.filter(
    ({ check_id, resource }) => !accepted.some((one) => one.check === check_id && one.resource.test(resource)),
  );
  console.log(
    `${stack}: checkov, ${summary.resource_count} resources: ${summary.passed} passed, ${summary.failed} failed`,
  );
  return [...Map.groupBy(failed, ({ check_id }) => check_id)].map(
    ([check, found]) => `${check} ${found[0]?.check_name}: ${found.map(({ resource }) => resource).join(", ")}`,
  );
}

/** What parliament finds in the policies. A role's trust policy has no resource, which it takes for a mistake. */
async function checkPolicies(stack: string, resources: readonly Resource[]): Promise<string[]> {
  const at = join(folder, stack, "policies");
  await mkdir(at, { recursive: true });
  let documents = 0;
  for (const resource of resources) {
    const { policy } = resource.inputs;
    if (typeof policy !== "string") continue;
    documents += 1;
    await writeFile(join(at, `${addressOf(resource)}.json`), policy);
  }
  const lines = output(parliament, ["--directory", at, "--include_policy_extension", "json", "--json"])
    .trim()
    .split("\n");
  console.log(`${stack}: parliament, ${documents} policies`);
  return lines
    .filter((line) => line !== "")
    .map((line) => Finding.parse(JSON.parse(line)))
    .map(({ issue, detail, location }) => `${issue} ${JSON.stringify(detail)}: ${location.filepath}`);
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
