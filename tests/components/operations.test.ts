import { expect } from "chai";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { sections } from "../../components/operations/alarms.ts";
import { METRICS_NAMESPACE, metrics } from "../../contracts/metrics.ts";
import { evaluate, root, type Graph } from "../support/evaluate.ts";
import { someOfType } from "../support/graph.ts";

const Dimensions = z.record(z.string(), z.string());
const Metric = z.looseObject({ namespace: z.string(), metricName: z.string(), dimensions: Dimensions });
const Alarm = z.looseObject({
  ...Metric.partial().shape,
  metricQueries: z.array(z.looseObject({ metric: Metric.optional() })).default([]),
  period: z.number().optional(),
  threshold: z.number(),
  evaluationPeriods: z.number(),
  alarmDescription: z.string(),
  alarmActions: z.array(z.string()),
  treatMissingData: z.string(),
});
const Body = z.object({
  widgets: z.array(
    z.object({
      x: z.number(),
      width: z.number(),
      properties: z.object({ title: z.string(), region: z.string(), metrics: z.array(z.array(z.unknown())) }),
    }),
  ),
});

/**
 * Every metric that a graph may name, with its dimensions. AWS's own:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html,
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html,
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html,
 * https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html,
 * https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-cloudwatch.html
 */
const existing: Record<string, readonly string[]> = {
  "AWS/SQS ApproximateNumberOfMessagesVisible": ["QueueName"],
  "AWS/SQS ApproximateAgeOfOldestMessage": ["QueueName"],
  "AWS/Lambda Errors": ["FunctionName"],
  "AWS/Lambda Throttles": ["FunctionName"],
  "AWS/Lambda Duration": ["FunctionName"],
  "AWS/ApiGateway Count": ["ApiId"],
  "AWS/ApiGateway 4xx": ["ApiId"],
  "AWS/ApiGateway 5xx": ["ApiId"],
  "AWS/ApiGateway Latency": ["ApiId"],
  "AWS/SES Send": ["ses:configuration-set"],
  "AWS/SES Bounce": ["ses:configuration-set"],
  "AWS/SES Complaint": ["ses:configuration-set"],
  ...Object.fromEntries(
    Object.entries(metrics).map(([name, { dimensions }]) => [`${METRICS_NAMESPACE} ${name}`, dimensions]),
  ),
};
/** Of a topic, or of the SMS to a number. */
const FAILED_NOTIFICATIONS = "AWS/SNS NumberOfNotificationsFailed";

function expectExisting({ namespace, metricName, dimensions }: z.output<typeof Metric>): void {
  const name = `${namespace} ${metricName}`;
  const names = Object.keys(dimensions).sort();
  if (name === FAILED_NOTIFICATIONS) expect([["PhoneNumber"], ["TopicName"]]).to.deep.include(names);
  else expect(names, name).to.deep.equal([...(existing[name] ?? ["no such metric"])].sort());
}

describe("operations", () => {
  let graph: Graph;
  before(async () => {
    graph = await evaluate("dev", { alarms: { email: "oncall@shop.order-fanout.dev" } });
  });
  const alarms = () =>
    new Map(
      someOfType(graph, "aws:cloudwatch/metricAlarm:MetricAlarm").map(([, { name, inputs }]) => [
        name,
        Alarm.parse(inputs),
      ]),
    );
  const named = (type: string) => someOfType(graph, type).map(([, { name }]) => name);
  const watching = (metricName: string, dimension: string) =>
    [...alarms().values()].flatMap((alarm) =>
      alarm.metricName === metricName ? [alarm.dimensions?.[dimension] ?? ""] : [],
    );

  it("watch every dead-letter queue, every other queue's age and retries, every function, the API, the outbox and the topic", () => {
    const queues = named("aws:sqs/queue:Queue");
    const dead = queues.filter((name) => name.endsWith("-dead-letters"));
    const live = queues.filter((name) => !name.endsWith("-dead-letters"));
    expect(watching("ApproximateNumberOfMessagesVisible", "QueueName")).to.have.members(dead);
    expect(watching("ApproximateAgeOfOldestMessage", "QueueName")).to.have.members(live);
    const retried = [...alarms().values()].flatMap(({ metricQueries }) =>
      metricQueries.flatMap(({ metric }) => (metric?.metricName === "Received" ? [metric.dimensions["consumer"]] : [])),
    );
    expect(retried).to.have.members(live.map((name) => name.replace(/-queue$/, "")));
    const functions = named("aws:lambda/function:Function");
    for (const metric of ["Errors", "Throttles", "Duration"]) {
      expect(watching(metric, "FunctionName"), metric).to.have.members(functions);
    }
    expect([...alarms().keys()]).to.include.members(["api-5xx", "api-slow", "outbox-alarm", "order-events-failed"]);
    expect(alarms().get("outbox-alarm")).to.deep.include({ threshold: 180, treatMissingData: "breaching" });
  });

  it("compute each queue's age from its visibility timeout and window, and each duration from its timeout", async () => {
    const slow = await evaluate("dev", {
      consumers: { inventory: { timeoutSeconds: 100, batchWindowSeconds: 7 } },
    });
    const thresholds = Object.fromEntries(
      someOfType(slow, "aws:cloudwatch/metricAlarm:MetricAlarm")
        .filter(([, { name }]) => name.startsWith("inventory-"))
        .map(([, { name, inputs }]) => [name, Alarm.parse(inputs)]),
    );
    expect(thresholds["inventory-age"]).to.deep.include({ threshold: 2 * 607 + 7, evaluationPeriods: 3 });
    expect(thresholds["inventory-duration"]?.threshold).to.equal(90_000);
    const period = z.array(z.object({ metric: z.object({ period: z.number() }).optional() }));
    expect(
      period.parse(thresholds["inventory-retries"]?.metricQueries).map(({ metric }) => metric?.period),
    ).to.deep.equal([660, 660, undefined]);
  });

  it("tell the address of the config, by one topic that every alarm publishes to and that CloudWatch may use", () => {
    const topic = "arn:aws:sns:eu-west-1:111122223333:operations-alarms";
    for (const [name, alarm] of alarms()) expect(alarm.alarmActions, name).to.deep.equal([topic]);
    const subscribed = someOfType(graph, "aws:sns/topicSubscription:TopicSubscription")
      .map(([, { inputs }]) => inputs)
      .filter(({ protocol }) => protocol === "email");
    expect(subscribed).to.deep.equal([{ topic, protocol: "email", endpoint: "oncall@shop.order-fanout.dev" }]);
  });

  it("have SES count the e-mails of a consumer by a configuration set, and watch its bounces and complaints", async () => {
    const configurationSet = "order-fanout-dev-notifications";
    const inputsOf = (of: Graph, type: string) => someOfType(of, type).map(([, { inputs }]) => inputs);
    const EVENTS = "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination";
    expect(inputsOf(graph, "aws:sesv2/configurationSet:ConfigurationSet")).to.deep.equal([
      { configurationSetName: configurationSet, tags: { project: "order-fanout", stack: "dev" } },
    ]);
    expect(inputsOf(graph, EVENTS)).to.have.deep.nested.property("[0].eventDestination.matchingEventTypes", [
      "SEND",
      "BOUNCE",
      "COMPLAINT",
    ]);
    const [lambda] = someOfType(graph, "aws:lambda/function:Function").filter(
      ([, { name }]) => name === "notifications",
    );
    const variables = z
      .object({ variables: z.object({ SETTINGS: z.string() }) })
      .parse(lambda?.[1].inputs["environment"]);
    expect(JSON.parse(variables.variables.SETTINGS)).to.deep.include({ configurationSet });
    const shares = ["notifications-bounces", "notifications-complaints"].map((name) => alarms().get(name));
    expect(shares.map((alarm) => alarm?.threshold)).to.deep.equal([0.025, 0.0005]);

    const own = await evaluate("dev", {
      consumers: { notifications: { settings: { configurationSet: "shop-mail" } } },
    });
    expect(() => someOfType(own, "aws:sesv2/configurationSet:ConfigurationSet")).to.throw();
    expect(inputsOf(own, EVENTS).map((inputs) => inputs["configurationSetName"])).to.deep.equal(["shop-mail"]);
  });

  it("name in each alarm a section of docs/operations.md, and have a section for each alarm alone", async () => {
    const text = await readFile(join(root, "docs/operations.md"), "utf8");
    const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, title = ""]) =>
      title.toLowerCase().replaceAll(" ", "-"),
    );
    expect(headings).to.deep.equal([...sections]);
    const links = [...alarms().values()].map(
      ({ alarmDescription }) => / What to do: docs\/operations\.md#([a-z0-9-]+)$/.exec(alarmDescription)?.[1],
    );
    for (const link of links) expect(headings).to.include(link);
  });

  it("watch and draw only metrics that exist, each by its dimensions", () => {
    const watched = [...alarms().values()].flatMap((alarm) => [
      ...(alarm.metricName === undefined ? [] : [Metric.parse(alarm)]),
      ...alarm.metricQueries.flatMap(({ metric }) => metric ?? []),
    ]);
    expect(watched).to.have.length.above(50);
    const [dashboard] = someOfType(graph, "aws:cloudwatch/dashboard:Dashboard");
    const { widgets } = Body.parse(JSON.parse(String(dashboard?.[1].inputs["dashboardBody"])));
    const drawn = widgets.flatMap(({ properties }) =>
      properties.metrics.flatMap((line) => {
        const words = line.filter((word) => typeof word === "string");
        if (words.length === 0) return []; // an expression
        const [namespace = "", metricName = "", ...pairs] = words;
        const dimensions: Record<string, string> = {};
        for (let at = 0; at + 1 < pairs.length; at += 2) dimensions[pairs[at] ?? ""] = pairs[at + 1] ?? "";
        return [Metric.parse({ namespace, metricName, dimensions })];
      }),
    );
    expect(drawn).to.have.length.above(40);
    for (const metric of [...watched, ...drawn]) expectExisting(metric);
    expect(widgets.every(({ x, width, properties }) => x + width <= 24 && properties.region === "eu-west-1")).to.equal(
      true,
    );
  });

  it("draw in each expression only lines that are there", () => {
    const [dashboard] = someOfType(graph, "aws:cloudwatch/dashboard:Dashboard");
    const { widgets } = Body.parse(JSON.parse(String(dashboard?.[1].inputs["dashboardBody"])));
    const Options = z.looseObject({ id: z.string().optional(), expression: z.string().optional() });
    for (const { properties } of widgets) {
      const options = properties.metrics.map((line) => Options.safeParse(line.at(-1)).data ?? {});
      const ids = new Set(options.map(({ id }) => id));
      const used = options.flatMap(({ expression = "" }) => expression.match(/\b[a-z]+\b/g) ?? []);
      for (const id of used) expect(ids, properties.title).to.include(id);
    }
  });
});
