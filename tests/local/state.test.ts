import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { ListSubscriptionsCommand, SNSClient } from "@aws-sdk/client-sns";
import {
  GetQueueAttributesCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import * as z from "zod";
import { freePort } from "../../local/shared/free-port.ts";
import { until } from "../support/until.ts";
import { Project } from "./support/project.ts";

/** A table, a topic, and a queue for each consumer in the config. */
const program = `
  import * as aws from "@pulumi/aws";
  import * as pulumi from "@pulumi/pulumi";
  const config = new pulumi.Config();
  const topic = new aws.sns.Topic("events");
  const table = new aws.dynamodb.Table("stock", { attributes: [{ name: "sku", type: "S" }], hashKey: "sku", billingMode: "PAY_PER_REQUEST" });
  const queues = config.requireObject("consumers").map((name) => {
    const queue = new aws.sqs.Queue(name);
    new aws.sns.TopicSubscription(name, { topic: topic.arn, protocol: "sqs", endpoint: queue.arn });
    return [name, queue.url];
  });
  export const tables = { stock: table.name };
  export const queueUrls = Object.fromEntries(queues);`;
const config = (...consumers: string[]) =>
  `config:\n  aws:region: eu-west-1\n  order-fanout:consumers: ${JSON.stringify(consumers)}\n`;
const Outputs = z.looseObject({ tables: z.object({ stock: z.string() }), queueUrls: z.record(z.string(), z.string()) });

describe("The local cloud's state", () => {
  let project: Project;
  let port: number;
  before(async () => {
    project = new Project(program, {
      "Pulumi.local.yaml": config("one", "two"),
      "catalogue.csv": 'sku,name,unitPrice,currency,onHand\nMUG-001,"Mug, blue",1299,EUR,5\n',
    });
    port = await freePort(2);
  });
  after(() => project.remove());

  it("survives kill -9, loses what is no longer in the program, and begins anew with --fresh", async () => {
    const first = await project.start([], port);
    const outputs = Outputs.parse(await first.ready);
    const table = outputs.tables.stock;
    const dynamodb = new DynamoDBClient(first.client());
    const sqs = new SQSClient(first.client());
    const mug = new GetItemCommand({ TableName: table, Key: { sku: { S: "MUG-001" } } });
    expect((await dynamodb.send(mug)).Item).to.deep.equal({
      sku: { S: "MUG-001" },
      name: { S: "Mug, blue" },
      unitPrice: { N: "1299" },
      currency: { S: "EUR" },
      onHand: { N: "5" },
    });
    await dynamodb.send(new PutItemCommand({ TableName: table, Item: { sku: { S: "MUG-001" }, onHand: { N: "4" } } }));
    const QueueUrl = outputs.queueUrls["one"];
    for (const MessageBody of ["in flight", "waiting"])
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 600 }));
    await first.kill();

    project.write({ "Pulumi.local.yaml": config("one") });
    const second = await project.start([], port);
    expect(Outputs.parse(await second.ready).tables.stock).to.equal(table);
    expect((await dynamodb.send(mug)).Item).to.deep.equal({ sku: { S: "MUG-001" }, onHand: { N: "4" } });
    const received = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    expect(received.Messages?.map(({ Body }) => Body).sort()).to.deep.equal(["in flight", "waiting"]);
    expect((await sqs.send(new ListQueuesCommand({}))).QueueUrls).to.deep.equal([QueueUrl]);
    expect((await new SNSClient(second.client()).send(new ListSubscriptionsCommand({}))).Subscriptions).to.have.length(
      1,
    );
    expect(await second.stop()).to.have.property("code", 0);

    const third = await project.start(["--fresh"], port);
    expect((await dynamodb.send(mug)).Item)
      .to.have.property("onHand")
      .deep.equal({ N: "5" });
    const attributes = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] });
    expect((await sqs.send(attributes)).Attributes).to.deep.equal({ ApproximateNumberOfMessages: "0" });
    const written: unknown = JSON.parse(readFileSync(join(project.folder, "state/outputs.json"), "utf8"));
    expect(written).to.deep.include({
      tables: { stock: table },
      local: { endpoint: third.endpoint, mailboxUrl: `${third.endpoint}/_local/mailbox` },
    });
    await third.kill();
  });

  it("leaves no process behind when it is killed", async function () {
    if (process.platform === "win32") this.skip();
    const cloud = await project.start([], await freePort(2));
    const database = join(project.folder, "state/dynamodb.db");
    const left = () =>
      execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })
        .split("\n")
        .filter((line) => line.includes(database));
    expect(left()).to.have.length.above(0);
    await cloud.kill();
    await until("the end of dynoxide", () => (left().length === 0 ? true : undefined));
  });

  it("is one cloud's at a time", async () => {
    const running = await project.start([], await freePort(2));
    const { code, output } = await (await project.launch()).ended;
    expect([code, output]).to.deep.equal([
      1,
      errorLine(
        `${join(project.folder, "state")} is in use by another local cloud. Stop that one, or choose a folder with --state DIR.`,
      ),
    ]);
    await running.stop();
  });

  for (const file of ["fauxqs.db", "dynamodb.db"]) {
    it(`says what to do when ${file} is no database`, async () => {
      const path = join(project.folder, "state", file);
      for (const rest of ["-wal", "-shm"]) rmSync(path + rest, { force: true });
      writeFileSync(path, "this is no database, and long enough to look like one to nobody at all".repeat(100));
      const { code, output } = await (await project.launch()).ended;
      expect(code).to.equal(1);
      expect(output).to.include(path).and.include("Delete it, or start with --fresh.");
      await (await project.start(["--fresh"])).stop();
    });
  }
});

function errorLine(message: string): string {
  return `${JSON.stringify({ event: "error", message })}\n`;
}

describe("The local cloud's stack", () => {
  let project: Project;
  before(() => {
    project = new Project(
      `import * as pulumi from "@pulumi/pulumi";
       export const stack = pulumi.getStack();
       export const from = new pulumi.Config().require("from");`,
      Object.fromEntries(
        ["Pulumi.local.yaml", "Pulumi.other.yaml", "stacks/Pulumi.third.yaml", "any.yaml"].map((file) => [
          file,
          `config:\n  order-fanout:from: ${file}\n`,
        ]),
      ),
    );
  });
  after(() => project.remove());

  const choices: [string[], string, string][] = [
    [[], "local", "Pulumi.local.yaml"],
    [["--stack", "other"], "other", "Pulumi.other.yaml"],
    [["--config-file", "stacks/Pulumi.third.yaml"], "third", "stacks/Pulumi.third.yaml"],
    [["--config-file", "any.yaml"], "local", "any.yaml"],
    [["--stack", "other", "--config-file", "stacks/Pulumi.third.yaml"], "other", "stacks/Pulumi.third.yaml"],
  ];
  for (const [flags, stack, from] of choices) {
    it(`is ${stack}, read from ${from}, with ${flags.join(" ") || "no flag"}`, async () => {
      const cloud = await project.start(flags);
      expect(await cloud.ready).to.include({ stack, from });
      await cloud.kill();
    });
  }
});

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
        `new pulumi.ComponentResource("awsx:ec2:Vpc", "net", {}, {}, true);`,
    });
    expect(await failure()).to.deep.equal([
      1,
      'awsx:ec2:Vpc "net": the local cloud does not know this type. ' +
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
    for (const flags of [["--prot", "1"], ["--speed", "0"], ["extra"]]) {
      const [code, message] = await failure(flags);
      expect(code).to.equal(2);
      expect(message).to.include("(see --help)");
    }
  });
});
