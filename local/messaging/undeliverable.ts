import * as z from "zod";
import { onBehalf } from "../iam/access.ts";
import { evaluate } from "../iam/evaluate.ts";
import { statementsOf, type Statement } from "../iam/statement.ts";
import { parseJson } from "../shared/json.ts";
import type { SnsRouter, SnsStore, SqsStore } from "./fauxqs.ts";

const Redrive = z.object({ deadLetterTargetArn: z.string() });

/**
 * Has SNS deliver as on AWS: where a queue is gone, or its policy does not admit the topic, the message goes to the
 * subscription's dead-letter queue at once, and without one is lost. fauxqs delivers to any queue, and has no dead letters.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
 */
export function deadLetterUndeliverable(
  prototype: SnsRouter,
  { sns, sqs, newStore }: { sns: SnsStore; sqs: SqsStore; newStore: () => SnsStore },
): void {
  /** The store as publishing sees it: a subscription leads to where its messages really go. */
  const delivering = Object.assign(newStore(), sns, {
    getSubscription: (arn: string) => {
      const subscription = sns.subscriptions.get(arn);
      if (subscription?.protocol !== "sqs" || admits(sqs, subscription.topicArn, subscription.endpoint))
        return subscription;
      const redrive = Redrive.safeParse(parseJson(subscription.attributes["RedrivePolicy"] ?? ""));
      const deadLetters = redrive.data?.deadLetterTargetArn;
      if (deadLetters === undefined || !admits(sqs, subscription.topicArn, deadLetters)) return undefined;
      return { ...subscription, endpoint: deadLetters };
    },
  });
  const handle = prototype.handle;
  prototype.handle = function (request, reply) {
    const publishing = this.snsStore === sns && ["Publish", "PublishBatch"].includes(request.body["Action"] ?? "");
    return handle.call(publishing ? { ...this, snsStore: delivering } : this, request, reply);
  };
}

/**
 * Whether a queue is there and its policy lets SNS send to it for a topic, by TLS. A queue without a policy does not.
 * https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html
 */
function admits(sqs: SqsStore, topicArn: string, queueArn: string): boolean {
  const policy = sqs.getQueueByArn(queueArn)?.attributes["Policy"];
  if (policy === undefined || policy === "") return false;
  const resource = parsed.get(policy) ?? parse(policy, queueArn);
  parsed.set(policy, resource);
  return evaluate(
    { identity: [], resource },
    {
      action: "sqs:SendMessage",
      resource: queueArn,
      service: "sns.amazonaws.com",
      context: onBehalf(topicArn),
    },
  ).allowed;
}

/** Policies by their text: each is asked for every message, and they are as few as the queues. */
const parsed = new Map<string, Statement[]>();

/** A policy of the program was read at the start; one that a person has set since, and that is not understood, admits nobody. */
function parse(text: string, queueArn: string): Statement[] {
  try {
    return statementsOf({ kind: "resource", text, resource: queueArn, name: queueArn });
  } catch {
    return [];
  }
}
