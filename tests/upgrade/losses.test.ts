import { expect } from "chai";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { evaluateProgram, root } from "../support/evaluate.ts";
import { losses } from "./losses.ts";
import { readReleases, recorded, upgraded, writeRelease, type Release } from "./releases.ts";

const frame = (box: string, body: string) => `
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
const table = (name: string, args: object = {}, opts: object = {}) =>
  new aws.dynamodb.Table(name, { hashKey: "id", attributes: [{ name: "id", type: "S" }], ...args }, opts);
class Box extends pulumi.ComponentResource {
  constructor(name: string, opts: pulumi.ComponentResourceOptions = {}) {
    super("box:index:${box}", name, {}, opts);
    new aws.sqs.Queue(\`\${name}-queue\`, {}, { parent: this });
    new Lid(\`\${name}-lid\`, { parent: this });
  }
}
class Lid extends pulumi.ComponentResource {
  constructor(name: string, opts: pulumi.ComponentResourceOptions) {
    super("box:index:Lid", name, {}, opts);
    new aws.cloudwatch.LogGroup(\`\${name}-logs\`, {}, { parent: this });
  }
}
${body}`;

const programs = {
  old: frame(
    "Box",
    `table("kept", { rangeKey: "at" });
    table("renamed");
    table("lost");
    table("rekeyed");
    new aws.sns.Topic("topic", { displayName: "t" });
    new aws.s3.Bucket("moved");
    new aws.iam.Role("role", { assumeRolePolicy: "{}" });
    new Box("box");
    new Box("chest");`,
  ),
  head: frame(
    "Case",
    `table("kept", { rangeKey: "at", deletionProtectionEnabled: true });
    table("new-name", {}, { aliases: [{ name: "renamed" }] });
    table("found");
    table("rekeyed", { hashKey: "key" });
    new aws.sns.Topic("topic", { fifoTopic: true, region: "eu-north-1" });
    new Box("case", { aliases: [{ name: "box", type: "box:index:Box" }] });
    const chest = new Box("chest");
    new aws.s3.Bucket("moved", {}, { parent: chest, aliases: [{ parent: pulumi.rootStackResource }] });
    new aws.kms.Key("key", {}, { aliases: ["urn:pulumi:dev::boxes::aws:kms/key:Key::elsewhere"] });`,
  ),
};

describe("the losses of an upgrade", () => {
  let folder: string;
  let release: Release;
  let found: string[];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "order-fanout-upgrade-"));
    const [old, head] = await Promise.all(Object.entries(programs).map(([name, text]) => evaluate(name, text)));
    const elsewhere = { urn: "urn:pulumi:dev::boxes::aws:kms/key:Key::elsewhere", type: "aws:kms/key:Key", inputs: {} };
    const resources = [...recorded(old ?? new Map()), elsewhere];
    release = { version: "1.0.0", configSince: {}, stacks: [{ stack: "dev", config: {}, resources }] };
    found = losses(resources, head ?? new Map());
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function evaluate(name: string, text: string) {
    const from = await mkdtemp(join(folder, name));
    await symlink(join(root, "node_modules"), join(from, "node_modules"));
    const files = {
      "index.ts": text,
      "package.json": '{ "type": "module" }',
      "Pulumi.yaml": "name: boxes\n",
      "Pulumi.dev.yaml": "config: {}\n",
    };
    await Promise.all(Object.entries(files).map(([file, content]) => writeFile(join(from, file), content)));
    return (await evaluateProgram({ from, stacks: from })).resources;
  }

  it("are what is gone without an alias, and what a changed input replaces; each says what to do", () => {
    const urn = "urn:pulumi:dev::boxes::";
    const gone = (of: string, what: string) =>
      `${urn}${of} is gone: an upgrade would delete it with ${what}. Put it back; if it was renamed or moved, give it an alias: { aliases: [{ name: "its old name" }] }`;
    const page = "https://www.pulumi.com/registry/packages/aws/api-docs/";
    expect(found).to.deep.equal([
      `${urn}aws:dynamodb/table:Table::lost is gone: an upgrade would delete it with its items. Put it back; if it was renamed or moved, give it an alias: { aliases: [{ name: "its old name" }] }`,
      `${urn}aws:dynamodb/table:Table::rekeyed: hashKey was "id" and is "key", which replaces it: an upgrade would lose its items (${page}dynamodb/table/). Leave hashKey as it was, or add a resource beside it and move the data`,
      `${urn}aws:sns/topic:Topic::topic: region was absent and is "eu-north-1", which replaces it: an upgrade would lose its subscriptions, and its ARN that others publish to (${page}sns/topic/). Leave region as it was, or add a resource beside it and move the data`,
      `${urn}aws:sns/topic:Topic::topic: fifoTopic was absent and is true, which replaces it: an upgrade would lose its subscriptions, and its ARN that others publish to (${page}sns/topic/). Leave fifoTopic as it was, or add a resource beside it and move the data`,
      gone("box:index:Box$aws:sqs/queue:Queue::chest-queue", "its messages"),
      gone("box:index:Box$box:index:Lid$aws:cloudwatch/logGroup:LogGroup::chest-lid-logs", "its logs"),
    ]);
  });

  it("are looked for under the release's own config, with what it must change to be upgraded", async () => {
    const config = { consumers: { inventroy: {} } };
    const refused = await upgraded("dev", config, { version: "1.0.0", configSince: {} }).catch(String);
    const configSince = { consumers: { inventroy: null, audit: {} } };
    const graph = await upgraded("dev", config, { version: "1.0.0", configSince });

    expect(refused).to.match(
      /there is no handler "inventroy".*A stack of 1\.0\.0 cannot be upgraded with its config\. .* configSince of tests\/upgrade\/releases\/1\.0\.0\.json/s,
    );
    expect([...graph.values()].filter(({ name }) => name === "audit-queue")).to.have.length(1);
  });

  it("are looked for in releases as they were recorded, of which none is written over", async () => {
    await writeRelease(release, folder);
    expect(await readReleases(folder)).to.deep.equal([release]);
    const again = await writeRelease({ ...release, stacks: [] }, folder).catch((error: NodeJS.ErrnoException) => error);
    expect(again).to.have.property("code", "EEXIST");
    expect((await readFile(join(folder, "1.0.0.json"), "utf8")).split("\n").length).to.be.above(
      release.stacks.flatMap(({ resources }) => resources).length,
    );
  });
});
