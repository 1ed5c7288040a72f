import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { expect } from "chai";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import * as z from "zod";
import { openTarget, type Target } from "../../commands/shared/target.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { runScript } from "../support/command.ts";
import { listening } from "../support/listening.ts";
import { checks } from "./checks.ts";
import { StackClient } from "./client.ts";

/** What an item of each table is of. */
const Key = z.object({
  orderId: z.string().optional(),
  eventId: z.string().optional(),
  sku: z.string().optional(),
});
const Results = z.array(z.object({ check: z.string(), ok: z.boolean(), text: z.string() }));

/** The conformance checks against a running local cloud, and the command that runs them against any stack. */
export function conformanceSuite(shared: () => LocalCloud): void {
  describe("conforms: it", () => {
    let client: StackClient;
    let known: ReadonlySet<string>;
    before(async () => {
      const { state, outputs } = shared();
      client = new StackClient(await openTarget({ state }), { url: outputs.apiUrl }, ["--state", state]);
      known = await knownIn(client.target);
    });

    const remarks = new Map<string, string | undefined>();
    for (const { name, run } of checks) it(name, async () => void remarks.set(name, await run(client)));

    it("was checked whole: with an origin, and by a cancellation that came in time", () => {
      expect([...remarks.values()]).to.deep.equal([
        undefined,
        "72 requests",
        undefined,
        undefined,
        undefined,
        undefined,
        "it was on hold",
        "audit",
        undefined,
      ]);
    });

    it("is left without an order, an effect or a product of the checks", async () => {
      const made = await newIn(client.target, known);
      await client.cleanUp();
      expect(made).to.have.length.above(client.orders.length);
      expect(await newIn(client.target, known)).to.deep.equal([]);
    });
  });

  describe("npm run smoke", () => {
    /** The environment of somebody who is signed in to a stack `staging`, which is the local cloud. */
    async function signedIn(): Promise<NodeJS.ProcessEnv> {
      const { state, outputs } = shared();
      const bin = join(state, "bin");
      await mkdir(bin, { recursive: true });
      const text = JSON.stringify({ ...outputs, local: undefined });
      await writeFile(
        join(bin, "pulumi"),
        `#!/bin/sh\n[ "$*" = "stack output --json --stack staging" ] && echo '${text}'\n`,
      );
      await chmod(join(bin, "pulumi"), 0o755);
      // What another suite of this process set for the SDK is not theirs.
      const own = Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_"));
      return {
        ...Object.fromEntries(own),
        PATH: `${bin}${delimiter}${process.env["PATH"]}`,
        AWS_ENDPOINT_URL: outputs.local.endpoint,
        AWS_ACCESS_KEY_ID: "local",
        AWS_SECRET_ACCESS_KEY: "local",
      };
    }
    const smoke = async (...words: string[]) =>
      runScript("tests/conformance/smoke.ts", ["--deployed", "staging", ...words], { env: await signedIn() });

    it("checks a deployed stack by what ships and spoils nothing, and leaves nothing behind", async () => {
      const target = await openTarget({ state: shared().state });
      const known = await knownIn(target);
      const { code, stdout, stderr } = await smoke("--json");

      expect([code, stderr]).to.deep.equal([0, ""]);
      const results = Results.parse(JSON.parse(stdout));
      expect(results.map(({ check, ok }) => [check, ok])).to.deep.equal([
        ...checks.filter(({ risk }) => risk === undefined).map(({ name }) => [name, true]),
        ["cleans up after itself", true],
      ]);
      expect(await newIn(target, known)).to.deep.equal([]);
    });

    it("ships on the local cloud, and makes a dead letter only when it is asked to", async () => {
      const { code, stdout } = await runScript("tests/conformance/smoke.ts", ["--state", shared().state, "--json"]);

      const results = Results.parse(JSON.parse(stdout));
      expect([code, results.filter(({ ok }) => !ok)]).to.deep.equal([0, []]);
      expect(results.map(({ check }) => check)).to.deep.equal([
        ...checks.filter(({ risk }) => risk !== "poison").map(({ name }) => name),
        "cleans up after itself",
      ]);
    });

    it("ships when it is asked to, and says which check failed and where to look, at the address and by the host that it is given", async () => {
      const hosts = new Set<string | undefined>();
      let throttled = 0;
      const { server, url } = await listening(({ headers }, response) => {
        hosts.add(headers.host);
        if (throttled++ === 0) response.writeHead(429).end("Too Many Requests");
        else response.writeHead(500).end("broken");
      });
      const { code, stdout, stderr } = await smoke(
        "--ship",
        "--api-url",
        `${url}/`,
        "--api-host",
        "a1b2c3.execute-api.test",
      );
      server.close();

      const lines = stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.replace(/ +\d+ ms/, "").replace(/ {2,}/g, "  "));
      expect(code).to.equal(1);
      expect([...hosts]).to.deep.equal(["a1b2c3.execute-api.test"]);
      expect(lines[0]).to.equal(
        "FAILED  answers GET /health, and says what a path allows  expected [ 500, 'broken' ] to deeply equal [ 204, '' ]",
      );
      expect(lines.map((line) => line.split("  ")[0])).to.deep.equal([
        ...Array.from({ length: 7 }, () => "FAILED"),
        "ok",
        "ok",
      ]);
      expect(stderr.replace(/smoke-[0-9a-f]{8}/, "ID")).to.equal(
        `7 of 9 checks failed at ${url}. Its customer is ID: \`npm run logs -- --deployed staging\` shows what the functions say, \`npm run dlq -- list --deployed staging\` what was set aside.\n`,
      );
    });
  });
}

/** The orders and products of which there is anything in the tables. */
async function knownIn({ documents, outputs }: Target): Promise<Set<string>> {
  const items = await Promise.all(
    Object.values(outputs.tables).map(async (TableName) => {
      const { Items = [] } = await documents.send(new ScanCommand({ TableName, ConsistentRead: true }));
      return Key.array().parse(Items);
    }),
  );
  return new Set(items.flat().map(({ orderId, eventId, sku }) => orderId ?? eventId?.split("/")[0] ?? sku ?? ""));
}

const newIn = async (target: Target, before: ReadonlySet<string>): Promise<string[]> =>
  [...(await knownIn(target))].filter((id) => !before.has(id));
