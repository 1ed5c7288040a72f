import { expect } from "chai";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { runCommand, type Ran } from "../support/command.ts";
import { root } from "../support/evaluate.ts";

const outputs = {
  region: "eu-west-1",
  repository: "acme@1815/shop@1843",
  backendUrl: "s3://state?region=eu-west-1",
  secretsProvider: "awskms://key?region=eu-west-1",
  previewRoleArn: "arn:aws:iam::111122223333:role/preview",
  deployRoleArn: "arn:aws:iam::111122223333:role/deploy",
};
const folder = join(root, "bootstrap");

describe("npm run bootstrap", () => {
  let bin: string;
  beforeEach(async () => {
    bin = await mkdtemp(join(tmpdir(), "order-fanout-bin-"));
    await program(
      "pulumi",
      `case "$*" in "stack output"*) echo '${JSON.stringify(outputs)}';; "up"*) echo updated;; esac`,
    );
  });
  afterEach(() => rm(bin, { recursive: true }));

  /** A program on the path that notes each call, and two of its variables. */
  async function program(name: string, body: string): Promise<void> {
    const note = `echo "${name} $* [\${PULUMI_BACKEND_URL-none}, \${PULUMI_CONFIG_PASSPHRASE-none}]" >> ${bin}/calls`;
    await writeFile(join(bin, name), `#!/bin/sh\n${note}\n${body}\n`);
    await chmod(join(bin, name), 0o755);
  }
  const calls = async () => (await readFile(join(bin, "calls"), "utf8")).trimEnd().split("\n");
  const bootstrap = (...words: string[]): Promise<Ran> =>
    runCommand("bootstrap", words, {
      PATH: `${bin}${delimiter}/usr/bin${delimiter}/bin`,
      PULUMI_BACKEND_URL: "s3://mine",
    });

  it("up makes the bootstrap's stack beside its program, whatever backend the shell names", async () => {
    const { code, stdout } = await bootstrap("up", "acme/shop", "--oidc-provider", "arn:provider", "--yes");
    const own = `--cwd ${folder} --stack account [none, ]`;

    expect([code, stdout]).to.deep.equal([
      0,
      "updated\nCommit bootstrap/, and go on with `npm run bootstrap -- connect STACK`.\n",
    ]);
    expect(await calls()).to.deep.equal([
      `pulumi stack select --create account --cwd ${folder} [none, ]`,
      `pulumi config set order-fanout-bootstrap:repository acme/shop ${own}`,
      `pulumi config set order-fanout-bootstrap:oidcProviderArn arn:provider ${own}`,
      `pulumi up --yes ${own}`,
    ]);
  });

  it("connect makes the stack in the state's bucket and sets the repository's variables", async () => {
    await program("gh", "");
    const { code, stdout } = await bootstrap("connect", "prod");
    const set = (name: string, value: string) =>
      `gh variable set ${name} --body ${value} --repo acme/shop [s3://mine, none]`;

    expect([code, stdout]).to.deep.equal([
      0,
      [
        "acme/shop: AWS_REGION, PULUMI_BACKEND_URL, PULUMI_STACK, PREVIEW_ROLE_ARN, DEPLOY_ROLE_ARN are set.",
        "Commit Pulumi.prod.yaml: it names the key now. The next pull request is previewed.",
        `To work on the same state from here: export PULUMI_BACKEND_URL='${outputs.backendUrl}'\n`,
      ].join("\n"),
    ]);
    expect(await calls()).to.deep.equal([
      `pulumi stack output --json --cwd ${folder} --stack account [none, ]`,
      `pulumi stack select --create prod --secrets-provider ${outputs.secretsProvider} [${outputs.backendUrl}, none]`,
      set("AWS_REGION", "eu-west-1"),
      set("PULUMI_BACKEND_URL", outputs.backendUrl),
      set("PULUMI_STACK", "prod"),
      set("PREVIEW_ROLE_ARN", outputs.previewRoleArn),
      set("DEPLOY_ROLE_ARN", outputs.deployRoleArn),
    ]);
  });

  it("says what to do without the GitHub CLI, before the bootstrap, and of a wrong call", async () => {
    const without = await bootstrap("connect", "prod");
    await program("pulumi", "echo '{}'");
    const early = await bootstrap("connect", "prod");
    await program("pulumi", "echo 'error: no credentials' >&2; exit 255");
    const failed = await bootstrap("connect", "prod");
    const wrong = await bootstrap("up");

    expect(without).to.deep.equal({
      code: 1,
      stdout: "",
      stderr:
        "The variable AWS_REGION of acme/shop cannot be set: there is no gh on the path. Install the GitHub CLI and `gh auth login`, or set it under Settings, Actions, Variables: AWS_REGION=eu-west-1\n",
    });
    expect(early.stderr).to.match(
      /^The bootstrap's outputs are not there \(region: .*\)\. Run `npm run bootstrap -- up OWNER\/NAME` first\.\n$/,
    );
    expect(failed).to.deep.equal({ code: 1, stdout: "", stderr: "error: no credentials\n" });
    expect([wrong.code, wrong.stderr.split("\n")[0]]).to.deep.equal([2, '"up" is not a call of this command.']);
  });
});
