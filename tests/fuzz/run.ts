// `npm run test:fuzz`: schemathesis against `npm start`, by docs/openapi.json. Not in `npm test`, which needs no Python. Exits
// with 1 when an answer is not as described, with 2 where there is no schemathesis.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { openApiFile } from "../../openapi/build.ts";
import { requireChecker } from "../support/checkers.ts";
import { startLocalCloud, type LocalCloud } from "../support/cloud.ts";
import { runScript } from "../support/command.ts";
import { root } from "../support/evaluate.ts";

const schemathesis = requireChecker("schemathesis", "tests/fuzz/requirements.txt");
const given = process.argv.slice(2);
process.exitCode = (await run("without tokens", false)) || (await run("with a service's token", true));

/** Fuzzes an API of its own; gives the exit code. */
async function run(title: string, auth: boolean): Promise<number> {
  console.log(`\nThe API ${title}`);
  const cloud = await startLocalCloud({ configFile: "tests/stacks/Pulumi.fuzz.yaml", auth });
  try {
    const header = auth ? ["--header", `Authorization: Bearer ${await serviceToken(cloud)}`] : [];
    return await fuzz(cloud, [...header, ...given]);
  } finally {
    await cloud.stop();
  }
}

async function serviceToken({ state }: LocalCloud): Promise<string> {
  const words = ["--state", state, "--subject", "fuzz", "--scope", "orders:service"];
  const { code, stdout, stderr } = await runScript("local/issuer/token.ts", words);
  if (code !== 0) throw new Error(`npm run token: ${stderr}`);
  return stdout.trim();
}

/** Runs it; gives its exit code. Prints how many requests it made, or where it found something all that it says. */
async function fuzz({ outputs, state }: LocalCloud, flags: readonly string[]): Promise<number> {
  const words = [
    "--config-file",
    join(root, "tests/fuzz/schemathesis.toml"),
    "run",
    openApiFile,
    "--url",
    outputs.apiUrl,
    ...flags,
  ];
  // In a folder that goes, for what it writes there. Not synchronously: the cloud's own output is read meanwhile, or it
  // would wait for that.
  const child = spawn(schemathesis, words, { cwd: state, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const [code] = (await once(child, "close")) as [number | null];
  const counted = /^ *(\d+ generated, \d+ passed)$/m.exec(output)?.[1];
  console.log(code === 0 && counted !== undefined ? counted : output);
  return code ?? 1;
}
