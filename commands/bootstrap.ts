import { fileURLToPath } from "node:url";
import * as z from "zod";
import { CommandError, issues, main, readArguments, wrongCall } from "./shared/console.ts";
import { isMissing, run, runPulumi } from "./shared/pulumi-cli.ts";

const usage = `npm run bootstrap -- up OWNER/NAME    makes the state's bucket and key and the roles of the repository's workflows
npm run bootstrap -- connect STACK    makes a stack in that bucket, and sets the repository's variables with the GitHub CLI

  --oidc-provider ARN   up: the account's OIDC provider for GitHub, if it has one already
  --yes                 up: does not ask

OWNER/NAME is written as the repository's OIDC tokens name it: OWNER@ID/NAME@ID where the repository was created, renamed or
transferred since July 2026 (Settings, Actions, OIDC shows it).`;

const options = { "oidc-provider": { type: "string" }, yes: { type: "boolean" } } as const;

/** The bootstrap's own stack, and where its program is. */
const STACK = "account";
const PROJECT = "order-fanout-bootstrap";
const folder = fileURLToPath(new URL("../bootstrap", import.meta.url));

/** Its state lies beside its program and holds no secret, so its passphrase is empty. */
const env = { PULUMI_BACKEND_URL: undefined, PULUMI_CONFIG_PASSPHRASE: "" };
const bootstrap = (words: readonly string[], interactive = false) =>
  runPulumi([...words, "--cwd", folder, "--stack", STACK], { env, interactive });

async function up(repository: string, oidcProvider: string | undefined, yes: boolean): Promise<void> {
  await runPulumi(["stack", "select", "--create", STACK, "--cwd", folder], { env, interactive: true });
  await bootstrap(["config", "set", `${PROJECT}:repository`, repository]);
  if (oidcProvider !== undefined) await bootstrap(["config", "set", `${PROJECT}:oidcProviderArn`, oidcProvider]);
  await bootstrap(["up", ...(yes ? ["--yes"] : [])], true);
  console.log("Commit bootstrap/, and go on with `npm run bootstrap -- connect STACK`.");
}

const Outputs = z.object({
  region: z.string(),
  repository: z.string(),
  backendUrl: z.string(),
  secretsProvider: z.string(),
  previewRoleArn: z.string(),
  deployRoleArn: z.string(),
});

async function connect(stack: string): Promise<void> {
  const { data: outputs, error } = Outputs.safeParse(JSON.parse(await bootstrap(["stack", "output", "--json"])));
  if (error) {
    throw new CommandError(
      `The bootstrap's outputs are not there (${issues(error)}). Run \`npm run bootstrap -- up OWNER/NAME\` first.`,
    );
  }
  const { region, backendUrl, secretsProvider, previewRoleArn, deployRoleArn } = outputs;
  await runPulumi(["stack", "select", "--create", stack, "--secrets-provider", secretsProvider], {
    env: { PULUMI_BACKEND_URL: backendUrl, AWS_REGION: region },
    interactive: true,
  });
  const variables = {
    AWS_REGION: region,
    PULUMI_BACKEND_URL: backendUrl,
    PULUMI_STACK: stack,
    PREVIEW_ROLE_ARN: previewRoleArn,
    DEPLOY_ROLE_ARN: deployRoleArn,
  };
  const repository = outputs.repository.replaceAll(/@\d+/g, "");
  for (const [name, value] of Object.entries(variables)) await setVariable(repository, name, value);
  console.log(`${repository}: ${Object.keys(variables).join(", ")} are set.`);
  console.log(`Commit Pulumi.${stack}.yaml: it names the key now. The next pull request is previewed.`);
  console.log(`To work on the same state from here: export PULUMI_BACKEND_URL='${backendUrl}'`);
}

/** https://cli.github.com/manual/gh_variable_set */
async function setVariable(repository: string, name: string, value: string): Promise<void> {
  try {
    await run("gh", ["variable", "set", name, "--body", value, "--repo", repository]);
  } catch (error) {
    const reason = isMissing(error) ? "there is no gh on the path" : error instanceof Error ? error.message : error;
    throw new CommandError(
      `The variable ${name} of ${repository} cannot be set: ${String(reason)}. Install the GitHub CLI and \`gh auth login\`, or set it under Settings, Actions, Variables: ${name}=${value}`,
    );
  }
}

await main(usage, async () => {
  const { values, positionals } = readArguments(options);
  const [verb, word, ...more] = positionals;
  if (verb === "up" && word !== undefined && more.length === 0) {
    return up(word, values["oidc-provider"], values.yes ?? false);
  }
  if (verb === "connect" && word !== undefined && more.length === 0) return connect(word);
  throw wrongCall(positionals);
});
