import { expect } from "chai";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import * as z from "zod";
import { runScript } from "../support/command.ts";
import { root } from "../support/evaluate.ts";
import { readAccepted } from "./accepted.ts";

/** A check that failed, as checkov reports it. */
const failed = (check_id: string, check_name: string, resource: string) => ({ check_id, check_name, resource });

const report = (...failed_checks: readonly object[]) =>
  JSON.stringify({
    summary: { passed: 9, failed: failed_checks.length, resource_count: 10 },
    results: { failed_checks },
  });

describe("npm run lint:graph", () => {
  let bin: string;
  beforeEach(async () => {
    bin = await mkdtemp(join(tmpdir(), "order-fanout-lint-"));
  });
  afterEach(() => rm(bin, { recursive: true }));

  async function checker(name: string, body: string): Promise<void> {
    await writeFile(join(bin, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(bin, name), 0o755);
  }
  /** In a folder without a virtual environment, so that the checkers are those on the path. */
  const lint = () =>
    runScript(join(root, "tests/graph-lint/lint.ts"), [], {
      cwd: bin,
      env: { ...process.env, PATH: [bin, "/usr/bin", "/bin"].join(delimiter) },
    });

  it("reads both stacks, counts what nothing accepts there, and names the resources", async () => {
    const authorization = failed("CKV_AWS_309", "An authorizer", "aws_apigatewayv2_route.api-post-orders");
    const accepted = failed("CKV_AWS_18", "Access logs", "aws_s3_bucket.orders-lake");
    const elsewhere = failed("CKV_AWS_18", "Access logs", "aws_s3_bucket.another");
    await checker(
      "checkov",
      `case "$2" in
         */dev/*) cp "$2/main.tf" ${bin}/dev.tf; echo '${report(accepted, authorization)}';;
         *) cp "$2/main.tf" ${bin}/prod.tf; echo '${report(accepted, elsewhere, authorization)}'; exit 1;;
       esac`,
    );
    const refused = [
      { Rule: { Id: "E3030" }, Message: "not one of", Location: { Path: ["Resources", "auditFunction"] } },
    ];
    await checker(
      "cfn-lint",
      `cp "$6" ${bin}; case "$6" in */dev.json) echo '[]';; *) echo '${JSON.stringify(refused)}'; exit 2;; esac`,
    );
    const finding = {
      issue: "UNKNOWN_ACTION",
      title: "Unknown action",
      detail: "sqs:Sent",
      location: { filepath: "aws_iam_role_policy.x.json" },
    };
    await checker(
      "parliament",
      `case "$2" in */prod/*) ls "$2" > ${bin}/policies; echo '${JSON.stringify(finding)}';; esac`,
    );
    const { code, stdout, stderr } = await lint();

    expect([code, stderr]).to.deep.equal([1, ""]);
    expect(stdout.replace(/(parliament|cfn-lint), \d+/g, "$1, N").split("\n")).to.deep.equal([
      "dev: checkov, 10 resources: 9 passed, 2 failed",
      "dev: cfn-lint, N resources",
      "dev: parliament, N policies",
      "dev: 0 open",
      "prod: checkov, 10 resources: 9 passed, 3 failed",
      "prod: cfn-lint, N resources",
      "prod: parliament, N policies",
      "prod: 4 open",
      "  CKV_AWS_18 Access logs: aws_s3_bucket.another",
      "  CKV_AWS_309 An authorizer: aws_apigatewayv2_route.api-post-orders",
      "  E3030 not one of: auditFunction",
      "  UNKNOWN_ACTION sqs:Sent Unknown action: aws_iam_role_policy.x",
      "Mend them, or accept one in policy/checkov.tsv with its resource and the reason.",
      "",
    ]);

    const [dev, prod, policies, template] = await Promise.all(
      ["dev.tf", "prod.tf", "policies", "dev.json"].map((file) => readFile(join(bin, file), "utf8")),
    );
    expect(dev).to.match(
      /^resource "aws_s3_bucket_public_access_block" "orders-lake-access" \{\n(?: {2}(?:block|ignore|restrict)_public_\w+ = true\n| {2}bucket = aws_s3_bucket\.orders-lake\.id\n){5}\}$/m,
    );
    const addresses = [...`${dev}${prod}`.matchAll(/^resource "(.+)" "(.+)" \{$/gm)].map(
      ([, type, name]) => `${type}.${name}`,
    );
    const stale = (await readAccepted()).filter(({ resource }) => !addresses.some((address) => resource.test(address)));
    expect(stale.map(({ check, resource }) => [check, resource.source])).to.deep.equal([]);
    expect(prod).to.match(
      /^resource "aws_dynamodb_table" "orders-table" \{[^]*?^ {2}lifecycle \{\n {4}prevent_destroy = true$/m,
    );
    const { Resources } = z.object({ Resources: z.record(z.string(), z.unknown()) }).parse(JSON.parse(template ?? ""));
    expect(Resources["inventorydeadlettersQueue"]).to.deep.equal({
      Type: "AWS::SQS::Queue",
      Properties: {
        QueueName: "inventory-dead-letters-1a2b3c4",
        MessageRetentionPeriod: 1_209_600,
        SqsManagedSseEnabled: true,
      },
    });
    expect(policies?.split("\n")).to.include.members(["aws_iam_role_policy.inventory-policy.json"]);
  });

  it("ends with 2 and says how to get a checker that is missing", async () => {
    await checker("checkov", "exit 0");
    await checker("cfn-lint", "exit 0");
    const { code, stderr } = await lint();

    expect([code, stderr]).to.deep.equal([
      2,
      [
        "parliament is neither in .venv nor on the path. Install it with Python 3.10 or later:",
        "  python3 -m venv .venv && .venv/bin/pip install -r tests/graph-lint/requirements.txt\n",
      ].join("\n"),
    ]);
  });
});
