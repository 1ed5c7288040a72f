import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openVersions } from "../../../local/lambda/versions.ts";
import type { CloudProcess } from "../../support/cloud-process.ts";
import { until } from "../../support/until.ts";
import { Project } from "../support/project.ts";
import { roleOfFunctions } from "../support/role.ts";

/** A published function behind an alias, reached by a route, a mapping and a schedule that name the alias. */
const program = (greeting: string) => `
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
const code = "exports.handler = async ({ Records }, { functionVersion: version, invokedFunctionArn }) => {" +
  "  if (Records) console.log(JSON.stringify({ level: 'info', message: 'batch', version, invokedFunctionArn }));" +
  "  return { greeting: '${greeting}', version, invokedFunctionArn };" +
  "}";
${roleOfFunctions}
const greeter = new aws.lambda.Function("greeter", {
  name: "greeter", role: role.arn, runtime: "nodejs24.x", handler: "index.handler", timeout: 30, publish: true,
  code: new pulumi.asset.AssetArchive({ "index.js": new pulumi.asset.StringAsset(code) }),
});
const live = new aws.lambda.Alias("live", { name: "live", functionName: greeter.name, functionVersion: greeter.version });
const queue = new aws.sqs.Queue("queue");
new aws.lambda.EventSourceMapping("mapping", { eventSourceArn: queue.arn, functionName: live.arn });
new aws.lambda.FunctionEventInvokeConfig("config", { functionName: greeter.name, qualifier: live.name, maximumRetryAttempts: 0 });
const api = new aws.apigatewayv2.Api("api", { protocolType: "HTTP" });
for (const [name, uri] of Object.entries({ live: live.invokeArn, bare: greeter.invokeArn })) {
  const integration = new aws.apigatewayv2.Integration(name, {
    apiId: api.id, integrationType: "AWS_PROXY", integrationUri: uri, payloadFormatVersion: "2.0",
  });
  new aws.apigatewayv2.Route(name, {
    apiId: api.id, routeKey: "GET /" + name, target: pulumi.interpolate\`integrations/\${integration.id}\`,
  });
}
new aws.lambda.Permission("permission", {
  action: "lambda:InvokeFunction", function: greeter.name, qualifier: live.name, principal: "apigateway.amazonaws.com",
  sourceArn: pulumi.interpolate\`\${api.executionArn}/*/*\`,
});
new aws.apigatewayv2.Stage("stage", { apiId: api.id, name: "$default", autoDeploy: true });
export const { version, qualifiedArn } = greeter;
export const queueUrl = queue.url;
export const aliasArn = live.arn;
`;

const arn = "arn:aws:lambda:eu-west-1:000000000000:function:greeter";

describe("Published versions on the local cloud", () => {
  let project: Project;
  before(() => {
    project = new Project(program("hello"));
  });
  after(() => project.remove());

  /** Starts the program, and gives its outputs and what its two routes answer. */
  async function run(greeting: string): Promise<[CloudProcess, Record<string, unknown>, unknown[]]> {
    project.write({ "index.ts": program(greeting) });
    const cloud = await project.start();
    const answers = ["live", "bare"].map(async (path) => (await fetch(`${cloud.apiUrl}/${path}`)).json());
    return [cloud, await cloud.ready, await Promise.all(answers)];
  }

  it("are reached by an alias, whose permission is not that of the function itself", async () => {
    const [cloud, outputs, answers] = await run("hello");
    const QueueUrl = String(outputs["queueUrl"]);
    await new SQSClient(cloud.client()).send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }));
    const [logged] = await until("the batch", () => cloud.logged("greeter").length > 0 && cloud.logged("greeter"));
    await cloud.stop();

    expect(outputs).to.deep.include({ version: "1", qualifiedArn: `${arn}:1`, aliasArn: `${arn}:live` });
    expect(answers).to.deep.equal([
      { greeting: "hello", version: "1", invokedFunctionArn: `${arn}:live` },
      { message: "Internal Server Error" },
    ]);
    expect(logged?.log).to.deep.include({ version: "1", invokedFunctionArn: `${arn}:live` });
  });

  it("get a new number when the code changes", async () => {
    const [, { version }, [answer]] = await run("good morning");
    expect(version).to.equal("2");
    expect(answer).to.deep.equal({ greeting: "good morning", version: "2", invokedFunctionArn: `${arn}:live` });
  });

  it("keep their number, after a restart too, as long as code and configuration are the same", () => {
    const state = mkdtempSync(join(tmpdir(), "order-fanout-versions-"));
    const publish = (content: object) => openVersions(state).publish("greeter", content);
    const numbers = [{ code: "a" }, { code: "a" }, { code: "b" }, { code: "a" }].map(publish);
    rmSync(state, { recursive: true });
    expect(numbers).to.deep.equal(["1", "1", "2", "3"]);
  });
});
