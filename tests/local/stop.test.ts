import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { join } from "node:path";
import * as z from "zod";
import type { CloudProcess } from "../support/cloud-process.ts";
import { until } from "../support/until.ts";
import { Project } from "./support/project.ts";
import { roleOfFunctions } from "./support/role.ts";

/** A function that works on a message until the file exists which the message names. */
const program = `
  import * as aws from "@pulumi/aws";
  import * as pulumi from "@pulumi/pulumi";
  ${roleOfFunctions}
  const queue = new aws.sqs.Queue("work", { visibilityTimeoutSeconds: 600 });
  const worker = new aws.lambda.Function("worker", {
    role: role.arn,
    runtime: "nodejs24.x",
    handler: "index.handler",
    timeout: 300,
    code: new pulumi.asset.AssetArchive({
      "index.js": new pulumi.asset.StringAsset(\`
        const { existsSync } = require("node:fs");
        exports.handler = async ({ Records: [{ body }] }) => {
          console.log(JSON.stringify({ level: "info", message: body }));
          while (!existsSync(body)) await new Promise((resolve) => setTimeout(resolve, 10));
        };\`),
    }),
  });
  new aws.lambda.EventSourceMapping("work", { eventSourceArn: queue.arn, functionName: worker.name, batchSize: 1 });
  export const queueUrl = queue.url;`;
const Outputs = z.looseObject({ queueUrl: z.string() });
const Line = z.looseObject({ message: z.string() });

describe("Stopping the local cloud", () => {
  it("lets an event under way end, and keeps one that does not end for the next start", async () => {
    const project = new Project(program);
    try {
      const cloud = await project.start();
      const { queueUrl: QueueUrl } = Outputs.parse(await cloud.ready);
      const sqs = new SQSClient(cloud.client());
      const [ends, hangs] = [join(project.folder, "ends"), join(project.folder, "hangs")];
      const begun = (run: CloudProcess) => run.logged("worker").flatMap(({ log }) => Line.safeParse(log).data ?? []);
      const messages = (run: CloudProcess) => begun(run).map(({ message }) => message);
      for (const MessageBody of [ends, hangs]) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
      await until("both", () => (messages(cloud).length === 2 ? true : undefined));

      const stopping = cloud.stop();
      const refused = () =>
        fetch(cloud.apiUrl).then(
          () => undefined,
          () => true,
        );
      await until("no more requests", refused);
      project.write({ ends: "" });
      const { code, output } = await stopping;
      expect([code, output.includes("ExitError")]).to.deep.equal([0, false]);

      const again = await project.start([], cloud.port);
      await until("the other", () => (messages(again).length > 0 ? true : undefined));
      const AttributeNames = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
      const left = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] }));
      expect(messages(again)).to.deep.equal([hangs]);
      expect(left.Attributes).to.deep.equal({
        ApproximateNumberOfMessages: "0",
        ApproximateNumberOfMessagesNotVisible: "1",
      });
    } finally {
      await project.remove();
    }
  });
});
