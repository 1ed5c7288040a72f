import { expect } from "chai";
import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../../local/shared/free-port.ts";
import { inCopy } from "../support/project-copy.ts";

describe("The local cloud without its DynamoDB", () => {
  it("says how to get it, or what to set instead", async () => {
    const stderr = await inCopy({ cache: true }, async (cwd) => {
      await rm(join(cwd, "node_modules/@dynoxide"), { recursive: true });
      const port = String(await freePort(2));
      return new Promise<string>((resolve) => {
        const options = { cwd, env: { PATH: process.env["PATH"] } };
        execFile(process.execPath, ["local/start.ts", "--port", port], options, (_error, _stdout, said) =>
          resolve(said),
        );
      });
    });

    const platform = `${process.platform}-${process.arch}`;
    expect(stderr).to.equal(
      `The local DynamoDB (@dynoxide/${platform}) is not installed. Run "npm install --no-save @dynoxide/${platform}@1.2.1", ` +
        "or set DYNAMODB_ENDPOINT to the URL of any other DynamoDB.\n",
    );
  });
});
