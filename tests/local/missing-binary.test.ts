import { expect } from "chai";
import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { integrities, version } from "../../local/dynamodb/binary.ts";
import { freePort } from "../../local/shared/free-port.ts";
import { inCopy } from "../support/project-copy.ts";

describe("The local cloud without its DynamoDB", () => {
  it("says how to get it, or what to set instead", async () => {
    const stderr = await inCopy({ cache: true }, async (cwd) => {
      await rm(join(cwd, "node_modules/@dynoxide"), { recursive: true });
      const port = String(await freePort(2));
      return new Promise<string>((resolve) => {
        const env = {
          PATH: process.env["PATH"],
          npm_config_registry: "http://127.0.0.1:1/",
          npm_config_fetch_retries: "0",
        };
        const options = { cwd, env };
        execFile(process.execPath, ["local/start.ts", "--port", port], options, (_error, _stdout, said) =>
          resolve(said),
        );
      });
    });

    const platform = `${process.platform}-${process.arch}`;
    const instead = "or set DYNAMODB_ENDPOINT to the URL of any other DynamoDB.\n";
    expect(stderr).to.equal(
      platform in integrities
        ? `The local DynamoDB (@dynoxide/${platform}@${version}) cannot be fetched. Run "npm ci", ${instead}`
        : `There is no dynoxide, the local DynamoDB, for ${platform} whose hash is known: add it in local/dynamodb/binary.ts, ${instead}`,
    );
  });
});
