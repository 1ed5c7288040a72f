import { expect } from "chai";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { freePort } from "../../local/shared/free-port.ts";
import { runCommand } from "../support/command.ts";
import { refused, wrongCall, wrongly, type Shared } from "./shared.ts";

const commands = ["stock", "orders", "dlq", "logs"];
const bare = { stock: ["list"], orders: ["list"], dlq: ["list"], logs: [] };

export function callsSuite(shared: () => Shared): void {
  describe("a call", () => {
    it("without a subcommand, with an unknown one or an unknown option, is answered with the usage", async () => {
      const { run } = shared();
      const missing = await Promise.all(["stock", "orders", "dlq"].map((command) => run(command)));
      const unknown = await Promise.all(commands.map((command) => run(command, "lift", "x", "y", "z")));
      const option = await Promise.all(commands.map((command) => run(command, "--colour")));

      expect(missing.map(wrongly)).to.deep.equal(missing.map(() => wrongCall("Missing subcommand.")));
      expect(unknown.map(wrongly)).to.deep.equal(
        unknown.map(() => wrongCall('"lift x y z" is not a call of this command.')),
      );
      expect(option.map(wrongly)).to.deep.equal(option.map(() => wrongCall("Unknown option '--colour'.")));
      expect(missing.every(({ stderr }) => stderr.includes("  --deployed NAME   a deployed stack"))).to.equal(true);
    });

    it("with --stack is told of --deployed", async () => {
      const { run } = shared();
      const calls = await Promise.all(
        Object.entries(bare).map(([command, words]) => run(command, ...words, "--stack", "dev")),
      );

      expect(calls.map(wrongly)).to.deep.equal(
        calls.map(() =>
          wrongCall(
            "--stack chooses the config of `npm start`. Name a deployed stack with --deployed NAME; without it the local cloud is used.",
          ),
        ),
      );
    });

    it("says what to do when there is no local cloud, when it does not answer, and when a resource is gone", async () => {
      const { cloud, run } = shared();
      const [text, port] = [await readFile(join(cloud.state, "outputs.json"), "utf8"), await freePort()];
      const stateWith = async (name: string, outputs: string) => {
        await mkdir(join(cloud.state, name), { recursive: true });
        await writeFile(join(cloud.state, name, "outputs.json"), outputs);
        return ["--state", join(cloud.state, name)];
      };
      const { local, tables } = cloud.outputs;
      const dead = await stateWith("dead", text.replaceAll(local.endpoint, `http://127.0.0.1:${port}`));
      const gone = await stateWith("gone", text.replaceAll(tables.stock, "gone"));
      const other = await stateWith("other", "{}");
      const none = await run("orders", "list", "--state", "/nowhere");
      const silent = await Promise.all(Object.entries(bare).map(([command, words]) => run(command, ...words, ...dead)));

      expect(none).to.deep.equal(
        refused(
          "There is no running local cloud (/nowhere/outputs.json is not there). Start it with `npm start`, or name a deployed stack with --deployed NAME.",
        ),
      );
      expect(silent).to.deep.equal(
        silent.map(() => refused(`Nothing answers at 127.0.0.1:${port}. Start the local cloud with \`npm start\`.`)),
      );
      expect((await run("stock", "list", ...gone)).stderr).to.match(
        /^DynamoDB Scan: ResourceNotFoundException: .*\. The stack's outputs name it and it is gone: `npm run up` \(locally `npm start`\) makes it again\.\n$/,
      );
      expect(await run("stock", "list", ...other)).to.deep.equal(
        refused(
          "The stack's outputs are not those of this version (apiUrl: invalid_type, corsOrigins: invalid_type, tables: invalid_type, topicArn: invalid_type, consumers: invalid_type, functions: invalid_type). Start it anew with `npm start`.",
        ),
      );
    });

    it("with --deployed works on the stack that `pulumi stack output` describes", async () => {
      const { cloud, shop } = shared();
      await shop.sells("DEPLOYED-1", 3);
      const outputs = JSON.stringify({ ...cloud.outputs, local: undefined });
      const bin = join(cloud.state, "bin");
      await mkdir(bin, { recursive: true });
      await writeFile(
        join(bin, "pulumi"),
        `#!/bin/sh\n[ "$*" = "stack output --json --stack staging" ] || { echo "error: no stack named '$5' found" >&2; exit 255; }\necho '${outputs}'\n`,
      );
      await chmod(join(bin, "pulumi"), 0o755);
      const env = { PATH: `${bin}${delimiter}${process.env["PATH"]}`, HOME: cloud.state };
      const signedIn = {
        AWS_ENDPOINT_URL: cloud.outputs.local.endpoint,
        AWS_ACCESS_KEY_ID: "local",
        AWS_SECRET_ACCESS_KEY: "local",
      };
      const nobody = { AWS_EC2_METADATA_DISABLED: "true" };
      const set = await runCommand("stock", ["set", "DEPLOYED-1", "4", "--deployed", "staging"], {
        ...env,
        ...signedIn,
      });
      const unknown = await runCommand("stock", ["list", "--deployed", "prod"], { ...env, ...signedIn });
      const unsigned = await runCommand("stock", ["list", "--deployed", "staging"], { ...env, ...nobody });

      expect([set.stdout, await shop.onHand("DEPLOYED-1")]).to.deep.equal(["DEPLOYED-1: 4 on hand (was 3)\n", 4]);
      expect(unknown).to.deep.equal(
        refused(
          "The outputs of the deployed stack \"prod\" cannot be read: error: no stack named 'prod' found",
          "Sign in with `npm run pulumi -- login`; `npm run pulumi -- stack ls` lists the stacks.",
        ),
      );
      expect(unsigned).to.deep.equal(
        refused(
          "DynamoDB Scan: CredentialsProviderError: Could not load credentials from any providers. Sign in with `aws sso login`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile by AWS_PROFILE.",
        ),
      );
    });
  });
}
