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
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
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

  it("survives kill -9, keeps the messages of a queue that has left the program until --drop, and begins anew with --fresh", async () => {
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
    const leaving = { QueueUrl: outputs.queueUrls["two"] };
    await sqs.send(new SendMessageCommand({ ...leaving, MessageBody: "waiting" }));
    await sqs.send(new SendMessageCommand({ ...leaving, MessageBody: "delayed", DelaySeconds: 600 }));
    await sqs.send(new SendMessageCommand({ ...leaving, MessageBody: "in flight" }));
    await sqs.send(new ReceiveMessageCommand({ ...leaving, VisibilityTimeout: 600 }));
    await first.kill();

    project.write({ "Pulumi.local.yaml": config("one") });
    const { code, output } = await (await project.launch([], port)).ended;
    const name = outputs.queueUrls["two"]?.split("/").at(-1);
    const refused: unknown = JSON.parse(output.trim().split("\n").at(-1) ?? "");
    expect({ code, refused }).to.deep.equal({
      code: 1,
      refused: {
        event: "error",
        message:
          "The program no longer has these queues, and their messages would go with them:\n" +
          `  ${name} holds 3 messages\n` +
          "Put their consumers back into the stack's config and let them finish, or start with --drop to lose the messages.",
      },
    });
    const second = await project.start(["--drop"], port);
    expect(Outputs.parse(await second.ready).tables.stock).to.equal(table);
    expect((await dynamodb.send(mug)).Item).to.deep.equal({ sku: { S: "MUG-001" }, onHand: { N: "4" } });
    const received = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    expect(received.Messages?.map(({ Body }) => Body).sort()).to.deep.equal(["in flight", "waiting"]);
    expect((await sqs.send(new ListQueuesCommand({}))).QueueUrls).to.deep.equal([QueueUrl]);
    expect((await new SNSClient(second.client()).send(new ListSubscriptionsCommand({}))).Subscriptions).to.have.length(
      1,
    );
    expect(await second.stop()).to.have.property("code", 0);

    writeFileSync(join(project.folder, "state/notes.txt"), "mine");
    const third = await project.start(["--fresh"], port);
    expect(readFileSync(join(project.folder, "state/notes.txt"), "utf8")).to.equal("mine");
    expect((await dynamodb.send(mug)).Item)
      .to.have.property("onHand")
      .deep.equal({ N: "5" });
    const attributes = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] });
    expect((await sqs.send(attributes)).Attributes).to.deep.equal({ ApproximateNumberOfMessages: "0" });
    const token = readFileSync(join(project.folder, "state/token"), "utf8");
    const written: unknown = JSON.parse(readFileSync(join(project.folder, "state/outputs.json"), "utf8"));
    expect(written).to.deep.include({
      tables: { stock: table },
      local: { endpoint: third.endpoint, mailboxUrl: `${third.endpoint}/_local/mailbox`, token },
    });
    await third.kill();
    rmSync(join(project.folder, "state/notes.txt"));
  });

  it("is for its user alone, and so is the folder of a version before", async function () {
    if (process.platform === "win32") this.skip();
    const state = join(project.folder, "state");
    mkdirSync(state, { recursive: true });
    rmSync(join(state, "local-cloud"), { force: true });
    chmodSync(state, 0o755);
    const cloud = await project.start();
    const open = ["", ...readdirSync(state, { recursive: true, encoding: "utf8" })].filter(
      (name) => (statSync(join(state, name)).mode & 0o077) !== 0,
    );
    await cloud.stop();
    expect(open).to.deep.equal([]);
    expect(readdirSync(state)).to.include("local-cloud");
  });

  it("is no folder of other files, with --fresh or without: nothing in it is touched", async () => {
    const before = readdirSync(project.folder);
    for (const flags of [
      ["--state", ".", "--fresh"],
      ["--state", "."],
    ]) {
      const { code, output } = await (await project.launch(flags)).ended;
      expect([code, output]).to.deep.equal([
        1,
        errorLine(
          `${project.folder} holds other files (Pulumi.local.yaml, Pulumi.yaml, catalogue.csv, ...) and no state of a local cloud: ` +
            "nothing was touched. Choose a new or an empty folder with --state DIR.",
        ),
      ]);
    }
    expect(readdirSync(project.folder)).to.deep.equal(before);
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
      expect(output)
        .to.include(`${path} cannot be read as a database (`)
        .and.include("Put back a copy, or move it away and begin without what it held, or start with --fresh.");
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
