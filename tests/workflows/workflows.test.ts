import { expect } from "chai";
import { execFile } from "node:child_process";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import { root } from "../support/evaluate.ts";

const folder = join(root, ".github/workflows");
const Permissions = z.record(z.string(), z.enum(["read", "write"]));
const Job = z.looseObject({
  if: z.string().optional(),
  environment: z.string().optional(),
  permissions: Permissions,
  steps: z.array(
    z.looseObject({ uses: z.string().optional(), run: z.string().optional(), with: z.unknown().optional() }),
  ),
});
const Workflow = z.looseObject({
  on: z.record(z.string(), z.unknown()),
  permissions: z.unknown(),
  jobs: z.record(z.string(), Job),
});

/** Each workflow's text and content, by its file. */
async function readWorkflows() {
  const files = (await readdir(folder)).sort();
  const texts = await Promise.all(files.map(async (file) => readFile(join(folder, file), "utf8")));
  return files.map((file, index) => ({ file, text: texts[index] ?? "", ...Workflow.parse(parse(texts[index] ?? "")) }));
}

const jobsOf = ({ file, jobs }: Awaited<ReturnType<typeof readWorkflows>>[number]) =>
  Object.entries(jobs).map(([name, job]) => ({ at: `${file}: ${name}`, ...job }));

describe("the workflows", () => {
  let workflows: Awaited<ReturnType<typeof readWorkflows>>;
  before(async () => {
    workflows = await readWorkflows();
  });

  it("run for pull requests and for main, never with a target's rights for a fork's code", () => {
    expect(workflows.map(({ file, on }) => [file, on])).to.deep.equal([
      ["deploy.yml", { push: { branches: ["main"] } }],
      ["preview.yml", { pull_request: null }],
    ]);
  });

  it("have no permissions as a whole, and each job those that it needs", () => {
    expect(workflows.map(({ permissions }) => permissions)).to.deep.equal([{}, {}]);
    expect(Object.fromEntries(workflows.flatMap(jobsOf).map(({ at, permissions }) => [at, permissions]))).to.deep.equal(
      {
        "deploy.yml: deploy": { contents: "read", "id-token": "write" },
        "preview.yml: preview": { contents: "read", "id-token": "write", "pull-requests": "write" },
        "preview.yml: test": { contents: "read" },
      },
    );
  });

  it("preview this repository's own branches alone, and deploy from the environment that the role trusts", () => {
    const jobs = new Map(workflows.flatMap(jobsOf).map((job) => [job.at, job]));

    expect(jobs.get("preview.yml: preview")?.if).to.equal(
      "github.event.pull_request.head.repo.full_name == github.repository && vars.PREVIEW_ROLE_ARN != ''",
    );
    expect([...jobs].map(([at, { environment }]) => [at, environment])).to.deep.equal([
      ["deploy.yml: deploy", "production"],
      ["preview.yml: test", undefined],
      ["preview.yml: preview", undefined],
    ]);
  });

  it("pin every action by its commit, with the version beside it", () => {
    const lines = workflows.flatMap(({ text }) => text.split("\n").filter((line) => /\buses:/.test(line)));
    const pinned = /^ +- uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;

    expect(lines).to.have.length.above(4);
    expect(lines.filter((line) => !pinned.test(line))).to.deep.equal([]);
    expect(lines).to.have.length(
      workflows.flatMap(jobsOf).flatMap(({ steps }) => steps.filter(({ uses }) => uses !== undefined)).length,
    );
  });

  it("keep no key but the smoke test's, of the environment: no credentials stay in the checkout, nothing of an event reaches a script", () => {
    const steps = workflows.flatMap(jobsOf).flatMap((job) => job.steps);
    const checkouts = steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));

    const secrets = workflows.flatMap(({ file, text }) =>
      [...text.matchAll(/secrets\.\w+|access-key/g)].map(([name]) => `${file}: ${name}`),
    );
    expect(secrets).to.deep.equal(["deploy.yml: secrets.TOKEN_CLIENT"]);
    expect(checkouts.map((step) => step.with)).to.deep.equal(checkouts.map(() => ({ "persist-credentials": false })));
    expect(steps.filter(({ run }) => run?.includes("${{"))).to.deep.equal([]);
  });

  it("judge each preview by the policy pack", () => {
    const previews = workflows.flatMap(jobsOf).flatMap(({ steps }) => steps.filter(({ id }) => id === "preview"));
    expect(previews.map(({ run }) => run?.split(" 2>&1")[0])).to.deep.equal([
      'npm run --silent preview -- --stack "$PULUMI_STACK" --policy-pack policy/pack --diff --non-interactive --color never',
    ]);
  });

  it("run the smoke test on what was deployed", () => {
    const [deploy] = workflows.flatMap(jobsOf);
    const lastLines = deploy?.steps.map(({ run }) => run?.trimEnd().split("\n").at(-1));
    expect(lastLines?.slice(-2)).to.deep.equal([
      'npm run --silent up -- --stack "$PULUMI_STACK" --yes --non-interactive --color never',
      'npm run --silent smoke -- --deployed "$PULUMI_STACK"',
    ]);
  });
});

describe("npm run check:workflows", () => {
  let elsewhere: string;
  beforeEach(async () => {
    elsewhere = await mkdtemp(join(tmpdir(), "order-fanout-checkers-"));
  });
  afterEach(() => rm(elsewhere, { recursive: true }));

  /** Runs it in a folder without a virtual environment, with these checkers alone on the path. */
  async function check(checkers: Readonly<Record<string, string>>) {
    for (const [name, body] of Object.entries(checkers)) {
      await writeFile(join(elsewhere, name), `#!/bin/sh\n${body}\n`);
      await chmod(join(elsewhere, name), 0o755);
    }
    const env = { PATH: [elsewhere, "/bin"].join(delimiter) };
    const file = join(root, "tests/workflows/check.ts");
    return new Promise<{ code: unknown; stdout: string; stderr: string }>((settle) =>
      execFile(process.execPath, [file], { cwd: elsewhere, env }, (error, stdout, stderr) =>
        settle({ code: error?.code ?? 0, stdout, stderr }),
      ),
    );
  }

  it("says how to get a checker that is missing, and never passes without it", async () => {
    expect(await check({ actionlint: "exit 0" })).to.deep.equal({
      code: 2,
      stdout: "",
      stderr: [
        "zizmor is neither in .venv nor on the path. Install it with Python 3.10 or later:",
        "  python3 -m venv .venv && .venv/bin/pip install -r tests/workflows/requirements.txt\n",
      ].join("\n"),
    });
  });

  it("fails when either finds something, and passes when neither does", async () => {
    const found = await check({ actionlint: "echo actionlint $*; exit 1", zizmor: "echo zizmor $*" });
    const other = await check({ actionlint: "exit 0", zizmor: "exit 14" });
    const none = await check({ actionlint: "exit 0", zizmor: "exit 0" });

    expect(found).to.deep.equal({
      code: 1,
      stdout: "actionlint -no-color\nzizmor --offline --no-progress .github/workflows\n",
      stderr: "",
    });
    expect(other).to.deep.equal({ code: 1, stdout: "", stderr: "" });
    expect(none).to.deep.equal({
      code: 0,
      stdout: "actionlint and zizmor find nothing in .github/workflows.\n",
      stderr: "",
    });
  });
});
