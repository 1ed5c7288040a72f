import { behind, isRecord, listAt, numberAt, ofType, referringTo, textAt, variableAt } from "../graph.ts";
import type { Graph, GraphResource } from "../graph.ts";
import type { Rule } from "../rule.ts";
import { ALARM, API, FUNCTION, MAPPING, QUEUE, SUBSCRIPTION, TABLE, TOPIC } from "../types.ts";
import { functionBehind, isDeadLetterQueue } from "./consumer.ts";

const METRICS = {
  api: "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html",
  cloudwatch: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html",
  lambda: "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html",
  sns: "https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html",
  sqs: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html",
};

/** The alarms over a metric of AWS's, of one resource. */
const alarmsOver = (graph: Graph, resource: GraphResource, metric: string): GraphResource[] =>
  referringTo(graph, resource, ALARM, "dimensions").filter((alarm) => textAt(alarm, "metricName") === metric);

/** A rule that a metric of each resource of a type has an alarm. */
const hasAlarm = (
  rule: Pick<Rule, "id" | "title" | "page">,
  {
    type,
    metric,
    where = () => true,
  }: { type: string; metric: string; where?: (one: GraphResource, graph: Graph) => boolean },
  fits: (alarm: GraphResource) => boolean = () => true,
): Rule => ({
  ...rule,
  row: 13,
  fix: `Make an alarm over ${metric}`,
  of: [type],
  judge: (resource, graph) =>
    !where(resource, graph) || alarmsOver(graph, resource, metric).some(fits) ? undefined : `${metric} has no alarm`,
});

/** Our own metrics that an alarm's expression counts, of one consumer. */
const counted = (alarm: GraphResource, consumer: string | undefined): unknown[] =>
  listAt(alarm, "metricQueries")
    .filter(isRecord)
    .flatMap(({ metric }) => (isRecord(metric) ? [metric] : []))
    .filter(({ dimensions }) => isRecord(dimensions) && dimensions["consumer"] === consumer)
    .map(({ metricName }) => metricName);

const atZero = (alarm: GraphResource): boolean => numberAt(alarm, "threshold") === 0;

export const alarmRules: readonly Rule[] = [
  {
    id: "alarm-tells-somebody",
    row: 13,
    title: "Every alarm publishes to a topic when it fires, and when it ends.",
    fix: "Set alarmActions and okActions",
    page: METRICS.cloudwatch,
    of: [ALARM],
    judge: (alarm, graph) => {
      const silent = ["alarmActions", "okActions"].filter((key) => behind(graph, alarm, key, TOPIC).length === 0);
      return silent.length === 0 ? undefined : `${silent.join(" and ")} names no topic`;
    },
  },
  hasAlarm(
    {
      id: "dead-letters-have-alarm",
      title: "Every dead-letter queue has an alarm over what lies in it: any at all.",
      page: METRICS.sqs,
    },
    {
      type: QUEUE,
      metric: "ApproximateNumberOfMessagesVisible",
      where: (queue, graph) => isDeadLetterQueue(graph, queue),
    },
    atZero,
  ),
  hasAlarm(
    {
      id: "queue-age-has-alarm",
      title: "Every queue has an alarm over the age of its oldest message.",
      page: METRICS.sqs,
    },
    { type: QUEUE, metric: "ApproximateAgeOfOldestMessage", where: (queue, graph) => !isDeadLetterQueue(graph, queue) },
  ),
  {
    id: "retries-have-alarm",
    row: 13,
    title: "Every consumer has an alarm over what it received and did not finish: SQS leaves that out of the age.",
    fix: "Make an alarm over our own metrics Received and Succeeded",
    page: METRICS.sqs,
    of: [MAPPING],
    judge: (mapping, graph) => {
      const lambda = functionBehind(graph, mapping, "functionName");
      const consumer = lambda && variableAt(lambda, "NAME");
      const watched = ofType(graph, ALARM).map((alarm) => counted(alarm, consumer));
      return watched.some((names) => names.includes("Received") && names.includes("Succeeded"))
        ? undefined
        : "its retries have no alarm";
    },
  },
  hasAlarm(
    {
      id: "errors-have-alarm",
      title: "Every function has an alarm over its errors: any at all.",
      page: METRICS.lambda,
    },
    { type: FUNCTION, metric: "Errors" },
    atZero,
  ),
  hasAlarm(
    {
      id: "throttles-have-alarm",
      title: "Every function has an alarm over its throttles: any at all.",
      page: METRICS.lambda,
    },
    { type: FUNCTION, metric: "Throttles" },
    atZero,
  ),
  {
    id: "outbox-has-alarm",
    row: 13,
    title: "An outbox has an alarm over its oldest event, at 3 minutes, that fires in silence too.",
    fix: "Make an alarm over OldestUnpublishedSeconds, its threshold 180 or less and missing data breaching",
    page: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html",
    of: [TABLE],
    judge: (table, graph) => {
      if (listAt(table, "globalSecondaryIndexes").length === 0) return undefined;
      const fits = ofType(graph, ALARM).some(
        (alarm) =>
          textAt(alarm, "metricName") === "OldestUnpublishedSeconds" &&
          (numberAt(alarm, "threshold") ?? Infinity) <= 180 &&
          textAt(alarm, "treatMissingData") === "breaching",
      );
      return fits ? undefined : "its oldest event has no such alarm";
    },
  },
  hasAlarm(
    { id: "api-errors-have-alarm", title: "Every API has an alarm over its answers with 5xx.", page: METRICS.api },
    { type: API, metric: "5xx" },
  ),
  hasAlarm(
    { id: "api-latency-has-alarm", title: "Every API has an alarm over its p99.", page: METRICS.api },
    { type: API, metric: "Latency" },
    (alarm) => textAt(alarm, "extendedStatistic") === "p99",
  ),
  hasAlarm(
    {
      id: "failed-deliveries-have-alarm",
      title: "Every topic that queues are subscribed to has an alarm over failed deliveries: any at all.",
      page: METRICS.sns,
    },
    {
      type: TOPIC,
      metric: "NumberOfNotificationsFailed",
      where: (topic, graph) =>
        referringTo(graph, topic, SUBSCRIPTION, "topic").some((one) => textAt(one, "protocol") === "sqs"),
    },
    atZero,
  ),
];
