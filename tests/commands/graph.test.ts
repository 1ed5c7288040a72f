import { expect } from "chai";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runScript } from "../support/command.ts";
import { root } from "../support/evaluate.ts";
import { wrongCall, wrongly } from "./shared.ts";

const program = `
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
const config = new pulumi.Config();
if (config.get("token") === undefined) throw new pulumi.RunError("token: is missing");
class Box extends pulumi.ComponentResource {
  constructor(name: string) {
    super("box:index:Box", name);
    const parent = { parent: this };
    const topic = new aws.sns.Topic("topic", { displayName: config.get("greeting") ?? "none" }, parent);
    new aws.sns.TopicSubscription("mail", { topic: topic.arn, protocol: "email", endpoint: config.requireSecret("to") }, parent);
    new aws.s3.BucketObjectv2("file", {
      bucket: "b",
      key: config.require("token"),
      source: new pulumi.asset.AssetArchive({ "a.txt": new pulumi.asset.StringAsset("a") }),
    }, { parent: this, protect: true });
  }
}
new Box("box");
`;
const files = {
  "index.ts": program,
  "package.json": '{ "type": "module" }',
  "Pulumi.yaml": "name: boxes\nruntime: nodejs\n",
  "Pulumi.dev.yaml":
    "config:\n  boxes:to: a@b.dev\n  boxes:greeting: hello\n  boxes:token: { secure: AAABAOb+Mpz1 }\n  boxes:limits: { most: 1, least: 0 }\n",
  "patch.json": '{ "greeting": null }',
};

describe("npm run graph", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "order-fanout-graph-"));
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const run = (...words: string[]) => runScript(join(root, "commands/graph.ts"), words, { cwd: folder });

  it("prints every resource with its inputs: secrets masked, files as their SHA-256, a patch merged into the config", async () => {
    const { code, stdout, stderr } = await run("--set", "patch.json");
    const project = "urn:pulumi:dev::boxes::";
    const parent = `${project}box:index:Box::box`;
    const own = { protect: false, ignoreChanges: [], dependsOn: [], references: {}, formerUrns: [] };
    const common = { parent, custom: true, ...own };
    const topic = `${project}box:index:Box$aws:sns/topic:Topic::topic`;

    expect({ code, stderr, list: JSON.parse(stdout) as unknown }).to.deep.equal({
      code: 0,
      stderr: "",
      list: [
        {
          ...common,
          urn: `${project}box:index:Box$aws:s3/bucketObjectv2:BucketObjectv2::file`,
          type: "aws:s3/bucketObjectv2:BucketObjectv2",
          name: "file",
          inputs: {
            bucket: "b",
            key: "[secret]",
            source: { "a.txt": "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb" },
          },
          protect: true,
          // The package's own alias.
          formerUrns: [`${project}box:index:Box$aws:s3/BucketObject:BucketObject::file`],
        },
        { ...common, urn: topic, type: "aws:sns/topic:Topic", name: "topic", inputs: { displayName: "none" } },
        {
          ...common,
          urn: `${project}box:index:Box$aws:sns/topicSubscription:TopicSubscription::mail`,
          type: "aws:sns/topicSubscription:TopicSubscription",
          name: "mail",
          inputs: { topic: "arn:aws:sns:eu-west-1:111122223333:topic", protocol: "email", endpoint: "[secret]" },
          dependsOn: [topic],
          references: { topic: [topic] },
        },
        {
          ...common,
          urn: parent,
          parent: `${project}pulumi:pulumi:Stack::boxes-dev`,
          type: "box:index:Box",
          name: "box",
          custom: false,
          inputs: {},
        },
        {
          ...common,
          urn: `${project}pulumi:pulumi:Stack::boxes-dev`,
          parent: "",
          type: "pulumi:pulumi:Stack",
          name: "boxes-dev",
          custom: false,
          inputs: {},
        },
      ],
    });
  });

  it("prints a mistake as the program says it", async () => {
    expect(await run("--set", '{"token":null}')).to.deep.equal({ code: 1, stdout: "", stderr: "token: is missing\n" });
  });

  it("answers a wrong call with its usage", async () => {
    const calls = {
      "--colour": "Unknown option '--colour'.",
      dev: '"dev" is not a call of this command.',
      "--stack=de": 'There is no stack "de". Did you mean "dev"? Known: dev.',
      "--set=none.json": "--set none.json: there is no such file. Give a JSON object, or the name of a file with one.",
      "--set={": `--set {: is no JSON object. Write it as in --set '{"production":true}'.`,
    };
    const ran = await Promise.all(Object.keys(calls).map((word) => run(word)));
    expect(ran.map(wrongly)).to.deep.equal(Object.values(calls).map(wrongCall));
  });
});
