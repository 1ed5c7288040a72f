// `npm run test:fuzz`: schemathesis against `npm start`, by docs/openapi.json. Not in `npm test`, which needs no Python. Exits
// with 1 when an answer is not as described, with 2 where there is no schemathesis.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { openApiFile } from "../../openapi/build.ts";
import { requireChecker } from "../support/checkers.ts";
import { startLocalCloud } from "../support/cloud.ts";
import { root } from "../support/evaluate.ts";

const schemathesis = requireChecker("schemathesis", "tests/fuzz/requirements.txt");
const cloud = await startLocalCloud({ configFile: "tests/stacks/Pulumi.fuzz.yaml" });
try {
  process.exitCode = await fuzz(cloud.outputs.apiUrl, process.argv.slice(2));
} finally {
  await cloud.stop();
}

/** Runs it, its output on this terminal; gives its exit code. */
async function fuzz(url: string, flags: readonly string[]): Promise<number> {
  const words = [
    "--config-file",
    join(root, "tests/fuzz/schemathesis.toml"),
    "run",
    openApiFile,
    "--url",
    url,
    ...flags,
  ];
  // In a folder that goes, for what it writes there. Not synchronously: the cloud's own output is read meanwhile, or it would wait for that.
  const child = spawn(schemathesis, words, { cwd: cloud.state, stdio: ["ignore", "inherit", "inherit"] });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}
