import {
  GetSubscriptionAttributesCommand,
  PublishBatchCommand,
  PublishCommand,
  type SNSClient,
} from "@aws-sdk/client-sns";
import { DeleteQueueCommand, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import type { Messaging } from "../../../local/messaging/server.ts";
import { startMessaging, type StartedMessaging } from "../support/messaging.ts";

const account = "eu-west-1:000000000000";

describe("SNS on the local cloud, where a queue takes no message", () => {
  let started: StartedMessaging;
  let messaging: Messaging;
  let sns: SNSClient;
  let sqs: SQSClient;
  before(async () => {
    started = await startMessaging("eu-west-1");
    ({ messaging, sns, sqs } = started);
  });
  after(() => started.stop());

  /** Lets SNS send to a queue for a topic, by TLS, as this program's queues do. */
  function admit(queue: string, topic: string, over: object = {}): void {
    const Resource = `arn:aws:sqs:${account}:${queue}`;
    const allowed = {
      Effect: "Allow",
      Principal: { Service: "sns.amazonaws.com" },
      Action: "sqs:SendMessage",
      Resource,
      Condition: { ArnEquals: { "aws:SourceArn": `arn:aws:sns:${account}:${topic}` } },
      ...over,
    };
    const denied = {
      Effect: "Deny",
      Principal: "*",
      Action: "sqs:*",
      Resource,
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    };
    messaging.putQueuePolicy(Resource, JSON.stringify({ Version: "2012-10-17", Statement: [allowed, denied] }));
  }

  /** A topic with a subscribed queue, and a queue for the subscription's dead letters that admits it. */
  function subscribe(name: string, deadLetters = true) {
    const topicArn = messaging.putTopic(name, {}).arn;
    const queue = messaging.putQueue(name, {});
    const dead = messaging.putQueue(`${name}-dead`, {});
    admit(`${name}-dead`, name);
    const subscriptionArn = messaging.putSubscription(topicArn, queue.arn, {
      RawMessageDelivery: "true",
      FilterPolicy: JSON.stringify({ type: ["order.placed"] }),
      ...(deadLetters && { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn }) }),
    });
    return { topicArn, subscriptionArn, queue, dead };
  }

  const message = (Message: string, type = "order.placed") => ({
    Message,
    MessageAttributes: { type: { DataType: "String", StringValue: type } },
  });

  /** The bodies in a queue, each with its type. */
  async function received(QueueUrl: string): Promise<unknown[]> {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ["All"] }),
    );
    return Messages.map(({ Body, MessageAttributes }) => [Body, MessageAttributes?.["type"]?.StringValue]);
  }

  it("sends it to the subscription's dead-letter queue: one that the policy does not admit, one that is gone", async () => {
    const { topicArn, queue, dead } = subscribe("refusing");
    const publish = (text: string, type?: string) =>
      sns.send(new PublishCommand({ TopicArn: topicArn, ...message(text, type) }));
    await publish("without a policy");
    admit("refusing", "another-topic");
    await publish("for another topic");
    admit("refusing", "refusing", { Principal: { Service: "events.amazonaws.com" } });
    await publish("for another service");
    await publish("filtered out", "order.cancelled");
    admit("refusing", "refusing");
    await publish("admitted");
    const delivered = await received(queue.url);
    await sqs.send(new DeleteQueueCommand({ QueueUrl: queue.url }));
    const PublishBatchRequestEntries = [{ Id: "1", ...message("to no queue") }];
    await sns.send(new PublishBatchCommand({ TopicArn: topicArn, PublishBatchRequestEntries }));

    expect(delivered).to.deep.equal([["admitted", "order.placed"]]);
    expect(await received(dead.url)).to.have.deep.members(
      ["without a policy", "for another topic", "for another service", "to no queue"].map((text) => [
        text,
        "order.placed",
      ]),
    );
  });

  it("loses it without such a queue, and with one that does not admit the topic either", async () => {
    const bare = subscribe("bare", false);
    const closed = subscribe("closed");
    admit("closed-dead", "another-topic");
    for (const { topicArn } of [bare, closed])
      await sns.send(new PublishCommand({ TopicArn: topicArn, ...message("lost") }));
    const queues = [bare.queue, bare.dead, closed.queue, closed.dead];
    expect(await Promise.all(queues.map(({ url }) => received(url)))).to.deep.equal([[], [], [], []]);
  });

  it("still tells where the subscription leads", async () => {
    const { subscriptionArn, queue } = subscribe("told");
    const { Attributes } = await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn: subscriptionArn }));
    expect(Attributes?.["Endpoint"]).to.equal(queue.arn);
  });

  it("forgets a policy that has left the program", () => {
    const { queue } = subscribe("forgotten");
    admit("forgotten", "forgotten");
    messaging.putQueue("forgotten", {});
    expect(queue.attributes["Policy"]).to.equal("");
  });
});
