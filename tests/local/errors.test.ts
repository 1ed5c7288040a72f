import { expect } from "chai";
import { createServer } from "node:net";
import * as z from "zod";
import { freePort } from "../../local/shared/free-port.ts";
import { Project } from "./support/project.ts";

describe("The local cloud's errors", () => {
  let project: Project;
  before(() => {
    project = new Project(`throw new Error("config: what, where and what to do");`);
  });
  after(() => project.remove());

  /** The exit code and the last thing said. */
  async function failure(flags: readonly string[] = [], port?: number): Promise<[number | null, string]> {
    const { code, output } = await (await project.launch(flags, port)).ended;
    const last = output.trim().split("\n").at(-1) ?? "";
    return [code, last.startsWith("{") ? z.object({ message: z.string() }).parse(JSON.parse(last)).message : last];
  }

  it("are the program's message, with file and line of ours alone", async () => {
    project.write({
      "index.ts": `import "./parts.ts";`,
      "parts.ts": `import { parse } from "yaml";\nconst make = (text: string) =>\n  parse(text);\nmake("{");\n`,
    });
    const [code, message] = await failure();
    expect(code).to.equal(1);
    expect(message).to.match(/^Flow map must end .*\n {4}at parts\.ts:3:3\n {4}at parts\.ts:4:1$/s);
  });

  it("are the message alone where the program ends itself with a RunError", async () => {
    project.write({
      "index.ts": `import { RunError } from "@pulumi/pulumi"; throw new RunError("config: what, where and what to do");`,
    });
    expect(await failure()).to.deep.equal([1, "config: what, where and what to do"]);
  });

  it("name the line of an apply callback that throws", async () => {
    project.write({
      "index.ts": `import * as aws from "@pulumi/aws";
        const { arn } = new aws.sqs.Queue("first");
        const fail = (): string => { throw new Error("no name"); };
        new aws.sqs.Queue("second", { name: arn.apply(fail) });`,
    });
    expect(await failure()).to.deep.equal([1, "no name\n    at index.ts:3:44"]);
  });

  const broken: [string, string, string][] = [
    [
      "a syntax error",
      "const before: number = 1;\nconst x = ;\n",
      "parts.ts:2:11: Expression expected\n    const before: number = 1;\n    const x = ;\n              ^",
    ],
    [
      "TypeScript that Node does not strip",
      "export enum Colour { Red }\n",
      "parts.ts:1:8: TypeScript enum is not supported in strip-only mode. Node strips types and compiles nothing: " +
        "write it without, for instance a union for an enum.\n    export enum Colour { Red }\n           ^^^^^^^^^^^^^^^^^^^",
    ],
    [
      "an import of what is not there",
      `\nimport { nothing } from "./empty.ts";\nnothing();\n`,
      `parts.ts:2:10: The requested module './empty.ts' does not provide an export named 'nothing'\n` +
        `    import { nothing } from "./empty.ts";\n             ^^^^^^^`,
    ],
  ];
  for (const [what, content, message] of broken) {
    it(`name file and line of ${what}`, async () => {
      project.write({ "index.ts": `import "./parts.ts";`, "parts.ts": content, "empty.ts": "export {};" });
      expect(await failure()).to.deep.equal([1, message]);
    });
  }

  it("name a resource type that it does not know", async () => {
    project.write({
      "index.ts": `import * as aws from "@pulumi/aws"; new aws.kinesis.Stream("clicks", { shardCount: 1 });`,
    });
    expect(await failure()).to.deep.equal([
      1,
      'aws:kinesis/stream:Stream "clicks": the local cloud does not know this type. ' +
        "Emulate it, or list it as having no local effect, in local/provision.ts.",
    ]);
  });

  it("name a provider's component that it does not know", async () => {
    project.write({
      "index.ts":
        `import * as pulumi from "@pulumi/pulumi"; ` +
        `new pulumi.ComponentResource("awsx:lb:NetworkLoadBalancer", "net", {}, {}, true);`,
    });
    expect(await failure()).to.deep.equal([
      1,
      'awsx:lb:NetworkLoadBalancer "net": the local cloud does not know this type. ' +
        "Emulate it, or list it as having no local effect, in local/provision.ts.",
    ]);
  });

  it("name a provider function that is called", async () => {
    project.write({ "index.ts": `import * as aws from "@pulumi/aws"; await aws.getRegion();` });
    expect(await failure()).to.deep.equal([
      1,
      "aws:index/getRegion:getRegion: the local cloud answers no provider functions. " +
        "Take the value from the stack's config, or from a resource's outputs.",
    ]);
  });

  it("name two resources with one name", async () => {
    project.write({
      "index.ts": `import * as aws from "@pulumi/aws"; new aws.sqs.Queue("q"); new aws.sqs.Queue("q");`,
    });
    const [code, message] = await failure();
    expect([code, message]).to.deep.equal([
      1,
      "Duplicate resource URN 'urn:pulumi:local::order-fanout::pulumi:pulumi:Stack$aws:sqs/queue:Queue::q'; try giving it a unique name",
    ]);
  });

  it("name a port in use", async () => {
    const port = await freePort(2);
    const server = createServer();
    await new Promise<void>((settle) => server.listen(port, "127.0.0.1", settle));
    try {
      expect((await failure([], port))[1]).to.match(new RegExp(`^port ${port} .*is in use.*--port`));
    } finally {
      server.close();
    }
  });

  it("name the stacks that exist", async () => {
    const [code, message] = await failure(["--stack", "prod"]);
    expect([code, message]).to.deep.equal([
      1,
      `Pulumi.prod.yaml is not in ${project.folder}: the stacks here are local. Choose one with --stack NAME.`,
    ]);
  });

  it("name the config file that is missing", async () => {
    expect(await failure(["--config-file", "stacks/Pulumi.prod.yaml"])).to.deep.equal([
      1,
      `stacks/Pulumi.prod.yaml is not in ${project.folder}: the stacks here are local. Choose one with --stack NAME.`,
    ]);
  });

  it("refuse an encrypted value", async () => {
    project.write({ "Pulumi.local.yaml": "config:\n  order-fanout:token:\n    secure: AAAB\n" });
    expect((await failure())[1]).to.match(/^Pulumi.local.yaml: "order-fanout:token" is encrypted/);
  });

  it("refuse an unknown flag and a bad value with exit code 2", async () => {
    for (const flags of [["--prot", "1"], ["--speed", "0"], ["--account-concurrency", "0"], ["extra"]]) {
      const [code, message] = await failure(flags);
      expect(code).to.equal(2);
      expect(message).to.include("(see --help)");
    }
  });
});
