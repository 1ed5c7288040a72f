import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { EventType } from "../contracts/events.ts";
import { policy } from "./permissions.ts";

export interface FanOutTopicArgs<T extends string> {
  /** The events that the topic carries: a consumer can hear and emit no others. */
  events: readonly EventType<T>[];
}

/** The SNS topic from which events fan out to one queue per consumer. */
export class FanOutTopic<T extends string> extends pulumi.ComponentResource {
  readonly topic: aws.sns.Topic;
  readonly arn: pulumi.Output<string>;
  readonly types: readonly T[];

  constructor(name: string, args: FanOutTopicArgs<T>, opts?: pulumi.ComponentResourceOptions) {
    super("order-fanout:orders:FanOutTopic", name, {}, opts);
    const parent = { parent: this };

    this.types = args.events.map(({ type }) => type);
    this.topic = new aws.sns.Topic(name, {}, parent);
    this.arn = this.topic.arn;
    // Publishers are allowed by their roles: a call by a role carries no aws:SourceArn to allow it by here.
    new aws.sns.TopicPolicy(
      `${name}-policy`,
      {
        arn: this.arn,
        policy: policy([
          {
            Effect: "Deny",
            Principal: "*",
            Action: "sns:Publish",
            Resource: this.arn,
            Condition: { Bool: { "aws:SecureTransport": "false" } },
          },
        ]),
      },
      parent,
    );
    this.registerOutputs({ arn: this.arn });
  }
}
