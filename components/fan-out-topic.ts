import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { EventType } from "../contracts/cloud-event.ts";
import { denyWithoutTls, policy } from "./permissions.ts";

export interface FanOutTopicArgs<T extends string> {
  /** The events that the topic carries: a consumer can receive and emit no others. */
  events: readonly EventType<T>[];
  /** `import.meta` of the file that exports them as `events`: inline callbacks load their schemas from it. */
  module: ImportMeta;
}

/** The SNS topic from which events fan out to one queue per consumer. */
export class FanOutTopic<T extends string> extends pulumi.ComponentResource {
  readonly name: string;
  readonly topic: aws.sns.Topic;
  readonly arn: pulumi.Output<string>;
  readonly types: readonly T[];
  readonly eventsModule: ImportMeta;

  constructor(name: string, args: FanOutTopicArgs<T>, opts?: pulumi.ComponentResourceOptions) {
    super("order-fanout:orders:FanOutTopic", name, {}, opts);
    const parent = { parent: this };

    this.name = name;
    this.types = args.events.map(({ type }) => type);
    this.eventsModule = args.module;
    this.topic = new aws.sns.Topic(name, {}, parent);
    this.arn = this.topic.arn;
    // Publishers are allowed by their roles: a call by a role carries no aws:SourceArn to allow it by here.
    new aws.sns.TopicPolicy(
      `${name}-policy`,
      {
        arn: this.arn,
        policy: policy([denyWithoutTls("sns:Publish", this.arn)]),
      },
      parent,
    );
    this.registerOutputs({ arn: this.arn });
  }
}
