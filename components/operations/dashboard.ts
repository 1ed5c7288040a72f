import * as pulumi from "@pulumi/pulumi";
import { METRICS_NAMESPACE } from "../../contracts/metrics.ts";
import { eventSource } from "../handler-function.ts";
import { placeOf } from "../permissions.ts";
import type { System, WatchedConsumer } from "./system.ts";

/** A line of a graph: namespace, metric, its dimensions, and how it is drawn; or an expression over other lines. */
type Line = readonly unknown[];

interface Graph {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly stat?: string;
}

/** A row of a dashboard is 24 units wide. */
const WIDTH = 24;
const HEIGHT = 6;

/**
 * The dashboard: each event's count, which is the way from accepted to done, the outbox and the API, then a row for each consumer
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html).
 */
export function dashboardBody({ topic, api, consumers, functions }: System): pulumi.Output<string> {
  const source = eventSource();
  const ofApi = (metric: string, options: object): Line => ["AWS/ApiGateway", metric, "ApiId", api.apiId, options];
  const rows: Graph[][] = [
    [
      {
        title: "Events, from accepted to done",
        lines: topic.types.map((type) => [METRICS_NAMESPACE, "Emitted", "source", source, "event", type]),
      },
      {
        title: "Outbox: age of the oldest event, in seconds",
        lines: [[METRICS_NAMESPACE, "OldestUnpublishedSeconds", "source", source]],
        stat: "Maximum",
      },
    ],
    [
      {
        title: "API: requests and errors",
        lines: [ofApi("Count", {}), ofApi("4xx", {}), ofApi("5xx", {})],
      },
      {
        title: "API: latency in milliseconds",
        lines: ["p50", "p90", "p99"].map((stat) => ofApi("Latency", { stat, label: stat })),
      },
      {
        title: "Functions: errors and throttles",
        lines: functions.flatMap(({ name, function: lambda }) =>
          ["Errors", "Throttles"].map((metric) => [
            "AWS/Lambda",
            metric,
            "FunctionName",
            lambda.name,
            { label: `${name} ${metric.toLowerCase()}` },
          ]),
        ),
      },
    ],
    ...consumers.map((consumer) => graphsOf(consumer, source)),
  ];
  return pulumi
    .all([pulumi.output(rows), placeOf(topic.topic.arn)])
    .apply(([resolved, { region }]) => JSON.stringify({ widgets: widgetsOf(resolved, region) }));
}

function graphsOf({ name, queue, deadLetterQueue }: WatchedConsumer, source: string): Graph[] {
  const ours = (metric: string, id: string): Line => [
    METRICS_NAMESPACE,
    metric,
    "source",
    source,
    "consumer",
    name,
    { id },
  ];
  const ofQueue = (metric: string, { name: queueName }: typeof queue, options: object): Line => [
    "AWS/SQS",
    metric,
    "QueueName",
    queueName,
    options,
  ];
  const [waiting, age] = ["ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"] as const;
  return [
    {
      title: `${name}: messages`,
      lines: [
        ours("Received", "received"),
        ours("Succeeded", "succeeded"),
        [{ expression: "received - succeeded", label: "Failed", id: "failed" }],
      ],
    },
    {
      title: `${name}: waiting and dead letters`,
      lines: [
        ofQueue(waiting, queue, { label: "waiting" }),
        ofQueue(waiting, deadLetterQueue, { label: "dead letters" }),
      ],
      stat: "Maximum",
    },
    {
      title: `${name}: age of the oldest message in seconds`,
      lines: [ofQueue(age, queue, { label: "age" })],
      stat: "Maximum",
    },
    {
      title: `${name}: minutes to drain`,
      lines: [
        ofQueue(waiting, queue, { id: "waiting", stat: "Maximum", visible: false }),
        [METRICS_NAMESPACE, "Succeeded", "source", source, "consumer", name, { id: "succeeded", visible: false }],
        // Of what waits, at the rate of the period, which is 5 minutes.
        [{ expression: "IF(succeeded > 0, waiting / (succeeded / 5), 0)", label: "minutes", id: "minutes" }],
      ],
    },
  ];
}

function widgetsOf(rows: readonly (readonly Graph[])[], region: string): object[] {
  return rows.flatMap((graphs, row) => {
    const width = WIDTH / graphs.length;
    return graphs.map(({ title, lines, stat = "Sum" }, column) => ({
      type: "metric",
      x: column * width,
      y: row * HEIGHT,
      width,
      height: HEIGHT,
      properties: { title, region, view: "timeSeries", stat, period: 300, metrics: lines },
    }));
  });
}
