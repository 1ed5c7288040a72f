import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
} from "@aws-sdk/client-cloudwatch-logs";
import { expect } from "chai";
import type { CloudProcess } from "../support/cloud-process.ts";
import { until } from "../support/until.ts";
import { Project } from "./support/project.ts";
import { roleOfFunctions } from "./support/role.ts";

/** Functions that write what is posted to them, a line for each text, each in a log group of its own. */
const program = `
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
const code = \`exports.handler = async ({ body }) => {
  for (const line of JSON.parse(body)) process.stdout.write(line + "\\\\n");
  return { statusCode: 204 };
};\`;
${roleOfFunctions}
const api = new aws.apigatewayv2.Api("api", { protocolType: "HTTP" });
for (const name of ["pages", "times", "patterns", "large"]) {
  const writer = new aws.lambda.Function(name, {
    role: role.arn, runtime: "nodejs24.x", handler: "index.handler", timeout: 30,
    loggingConfig: { logFormat: "Text", logGroup: name + "-logs" },
    code: new pulumi.asset.AssetArchive({ "index.js": new pulumi.asset.StringAsset(code) }),
  });
  const integration = new aws.apigatewayv2.Integration(name, {
    apiId: api.id, integrationType: "AWS_PROXY", integrationUri: writer.invokeArn, payloadFormatVersion: "2.0",
  });
  new aws.apigatewayv2.Route(name, {
    apiId: api.id, routeKey: "POST /" + name, target: pulumi.interpolate\`integrations/\${integration.id}\`,
  });
  new aws.lambda.Permission(name, {
    action: "lambda:InvokeFunction", function: writer.name, principal: "apigateway.amazonaws.com",
    sourceArn: pulumi.interpolate\`\${api.executionArn}/*/*\`,
  });
}
new aws.apigatewayv2.Stage("stage", { apiId: api.id, name: "$default", autoDeploy: true });
`;

describe("CloudWatch Logs on the local cloud", () => {
  let project: Project;
  let cloud: CloudProcess;
  let logs: CloudWatchLogsClient;

  before(async () => {
    project = new Project(program);
    cloud = await project.start();
    logs = new CloudWatchLogsClient(cloud.client());
  });
  after(() => project.remove());

  const start = Date.parse("2026-11-24T10:00:00.000Z");
  const line = (at: number, message: string, more = {}) =>
    JSON.stringify({ timestamp: new Date(at).toISOString(), level: "info", message, ...more });

  /** All events, page by page. */
  async function filter(logGroupName: string, input: Partial<FilterLogEventsCommandInput> = {}) {
    const events: { message?: string | undefined; timestamp?: number | undefined; eventId?: string | undefined }[] = [];
    let pages = 0;
    let nextToken: string | undefined;
    do {
      const page = await logs.send(new FilterLogEventsCommand({ logGroupName, ...input, nextToken }));
      events.push(...(page.events ?? []));
      pages++;
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return { events, pages, messages: events.map(({ message }) => message) };
  }

  /** Has the function write the lines, and waits until its log has as many. */
  async function write(name: string, lines: readonly string[]): Promise<void> {
    const response = await fetch(`${cloud.apiUrl}/${name}`, { method: "POST", body: JSON.stringify(lines) });
    expect(response.status).to.equal(204);
    await until("the lines are in the log", async () => {
      const { messages } = await filter(`${name}-logs`);
      return messages.length >= lines.length;
    });
  }

  it("gives each line once, oldest first, in pages of any size", async () => {
    const lines = Array.from({ length: 10 }, (_, index) => line(start + index, `line ${index}`));
    await write("pages", lines);
    const inPages = await filter("pages-logs", { limit: 3 });
    const atOnce = await filter("pages-logs");

    expect([inPages.pages, atOnce.pages]).to.deep.equal([4, 1]);
    expect([inPages.messages, atOnce.messages]).to.deep.equal([lines, lines]);
    expect(atOnce.events.map(({ timestamp }) => timestamp)).to.deep.equal(lines.map((_, index) => start + index));
    expect(new Set(atOnce.events.map(({ eventId }) => eventId)).size).to.equal(10);
  });

  it("gives the lines from startTime to endTime; a line without a time has that of its writing", async () => {
    const before = Date.now();
    const lines = [line(start, "old"), line(start + 5, "first"), line(start + 9, "last"), line(start + 10, "late")];
    await write("times", [...lines, "Task timed out"]);
    const within = await filter("times-logs", { startTime: start + 5, endTime: start + 9 });
    const recent = await filter("times-logs", { startTime: before });

    expect(within.messages).to.deep.equal([lines[1], lines[2]]);
    expect(recent.messages).to.deep.equal(["Task timed out"]);
    expect(recent.events[0]?.timestamp).to.be.within(before, Date.now());
  });

  it("gives the lines that fit a filter pattern of JSON fields or of terms", async () => {
    const lines = [
      line(start, "a", { orderId: "abcd-1", inner: { count: 3 } }),
      line(start, "b", { orderId: "abcd-2", level: "error" }),
      line(start, "the word abcd-1"),
    ];
    await write("patterns", lines);
    const [a, b, c] = lines;
    const fitting = async (filterPattern: string) => (await filter("patterns-logs", { filterPattern })).messages;

    expect(await fitting('{ $.orderId = "abcd-1" }')).to.deep.equal([a]);
    expect(await fitting('{ $.orderId = "abcd*" }')).to.deep.equal([a, b]);
    expect(await fitting('{ $.orderId = "bcd-1" }')).to.deep.equal([]);
    expect(await fitting("{ $.inner.count = 3 }")).to.deep.equal([a]);
    expect(await fitting('{ $.level = "error" || $.message = "a" }')).to.deep.equal([a, b]);
    expect(await fitting('"abcd-1"')).to.deep.equal([a, c]);
    expect(await fitting('word "abcd-1"')).to.deep.equal([c]);
  });

  it("reads a log of many megabytes in pages, and its end without the rest", async () => {
    const count = 15_000;
    const lines = Array.from({ length: count }, (_, index) => line(start + index * 1_000, "x".repeat(100), { index }));
    await write("large", lines);
    const whole = await filter("large-logs");
    const end = await filter("large-logs", { startTime: start + (count - 2) * 1_000 });

    expect(whole.messages).to.deep.equal(lines);
    expect(whole.pages).to.be.greaterThan(1);
    expect([end.messages, end.pages]).to.deep.equal([lines.slice(-2), 1]);
  });

  it("names the functions' log groups, in pages", async () => {
    const first = await logs.send(new DescribeLogGroupsCommand({ limit: 3 }));
    const second = await logs.send(new DescribeLogGroupsCommand({ limit: 3, nextToken: first.nextToken }));
    const named = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "pat" }));
    const names = [first, second, named].map(({ logGroups = [] }) => logGroups.map((group) => group.logGroupName));

    expect(names).to.deep.equal([["large-logs", "pages-logs", "patterns-logs"], ["times-logs"], ["patterns-logs"]]);
    expect(second.nextToken).to.equal(undefined);
    expect(named.logGroups).to.deep.equal([
      {
        logGroupName: "patterns-logs",
        arn: "arn:aws:logs:eu-west-1:000000000000:log-group:patterns-logs:*",
        logGroupArn: "arn:aws:logs:eu-west-1:000000000000:log-group:patterns-logs",
      },
    ]);
  });

  it("says what it does not have and does not serve", async () => {
    const refusals = await Promise.all(
      [
        logs.send(new FilterLogEventsCommand({ logGroupName: "nowhere" })),
        logs.send(new FilterLogEventsCommand({ logGroupName: "pages-logs", filterPattern: "{ $.a != 1 }" })),
        logs.send(new FilterLogEventsCommand({ logGroupName: "pages-logs", logStreamNames: ["x"] })),
        logs.send(new CreateLogGroupCommand({ logGroupName: "new" })),
      ].map((answer) =>
        answer.then(
          () => "served",
          (error: Error) => `${error.name}: ${error.message}`,
        ),
      ),
    );

    expect(refusals).to.deep.equal([
      "ResourceNotFoundException: The specified log group does not exist: nowhere",
      'InvalidParameterException: The filter pattern { $.a != 1 } is not served here. Quoted terms and { $.field = "value" } are.',
      'InvalidParameterException: The request is not served here: Unrecognized key: "logStreamNames"',
      "NotImplemented: logs CreateLogGroup is not served by the local cloud; served are FilterLogEvents, DescribeLogGroups.",
    ]);
  });
});
