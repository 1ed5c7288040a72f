import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { alarmsOfApi, alarmsOfConsumer, alarmsOfFunction, alarmsOfStack, type Alarm } from "./operations/alarms.ts";
import { dashboardBody } from "./operations/dashboard.ts";
import type { System } from "./operations/system.ts";
import { denyWithoutTls, placeOf, policy } from "./permissions.ts";

export interface OperationsArgs extends System {
  /** Alarms about what the program's own parts report. */
  own: readonly Alarm[];
  /** Who is told of an alarm: an e-mail address, which has to confirm its subscription once. Default nobody. */
  alarms: { readonly email?: string | undefined };
}

/**
 * What tells people that something is wrong: an alarm for each thing that can go wrong, all through one SNS topic, and
 * one dashboard. Thresholds are computed from the system itself. `docs/operations.md` says what to do about each alarm.
 */
export class Operations extends pulumi.ComponentResource {
  /** The topic that every alarm publishes to. */
  readonly topic: aws.sns.Topic;
  readonly dashboard: aws.cloudwatch.Dashboard;

  constructor(name: string, args: OperationsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("order-fanout:operations:Operations", name, {}, opts);
    const parent = { parent: this };

    this.topic = new aws.sns.Topic(`${name}-alarms`, {}, parent);
    admitCloudWatch(`${name}-alarms`, this.topic, parent);
    const { email: endpoint } = args.alarms;
    if (endpoint !== undefined) {
      new aws.sns.TopicSubscription(`${name}-email`, { topic: this.topic.arn, protocol: "email", endpoint }, parent);
    }
    for (const alarm of [
      ...alarmsOfStack(args),
      ...args.own,
      ...alarmsOfApi(args.api),
      ...args.consumers.flatMap(alarmsOfConsumer),
      ...args.functions.flatMap(alarmsOfFunction),
    ]) {
      createAlarm(alarm, this.topic.arn, parent);
    }
    this.dashboard = new aws.cloudwatch.Dashboard(
      name,
      { dashboardName: `order-fanout-${pulumi.getStack()}`, dashboardBody: dashboardBody(args) },
      parent,
    );
    this.registerOutputs({ alarmTopicArn: this.topic.arn, dashboard: this.dashboard.dashboardName });
  }
}

/** Admits the alarms of this account, and nobody without TLS. */
function admitCloudWatch(name: string, { arn }: aws.sns.Topic, opts: pulumi.CustomResourceOptions): void {
  new aws.sns.TopicPolicy(
    `${name}-policy`,
    {
      arn,
      policy: policy([
        {
          Effect: "Allow",
          Principal: { Service: "cloudwatch.amazonaws.com" },
          Action: "sns:Publish",
          Resource: arn,
          Condition: { StringEquals: { "aws:SourceAccount": placeOf(arn).account } },
        },
        denyWithoutTls("sns:Publish", arn),
      ]),
    },
    opts,
  );
}

/** The alarm of CloudWatch: what it watches is either one metric or an expression over several. */
function createAlarm(
  { name, meaning, section, watched, ...alarm }: Alarm,
  topicArn: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): void {
  new aws.cloudwatch.MetricAlarm(
    name,
    {
      comparisonOperator: "GreaterThanThreshold",
      treatMissingData: "notBreaching",
      ...alarm,
      ...watched,
      alarmDescription: `${meaning} What to do: docs/operations.md#${section}`,
      alarmActions: [topicArn],
      okActions: [topicArn],
    },
    opts,
  );
}
