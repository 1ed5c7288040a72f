import {
  ChangeMessageVisibilityBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type Message,
} from "@aws-sdk/client-sqs";
import * as z from "zod";
import type { Target } from "./target.ts";

/** How many messages a queue has: waiting, and being worked on. SQS calls both approximate. */
export async function depth(
  { queues }: Pick<Target, "queues">,
  queueUrl: string,
): Promise<{ waiting: number; inFlight: number }> {
  const { Attributes } = await queues.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    }),
  );
  return {
    waiting: Number(Attributes?.["ApproximateNumberOfMessages"] ?? 0),
    inFlight: Number(Attributes?.["ApproximateNumberOfMessagesNotVisible"] ?? 0),
  };
}

/** How long a message that is being looked at or moved is hidden from others, in seconds. */
const HIDDEN_SECONDS = 60;

/** Receives batch after batch until the queue gives no more; each message is hidden from others for a minute. */
export async function* receiveAll({ queues }: Pick<Target, "queues">, queueUrl: string): AsyncGenerator<Message[]> {
  for (;;) {
    const { Messages } = await queues.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 1,
        VisibilityTimeout: HIDDEN_SECONDS,
        MessageAttributeNames: ["All"],
        MessageSystemAttributeNames: ["All"],
      }),
    );
    if (!Messages || Messages.length === 0) return;
    yield Messages;
  }
}

/** Every message of a dead-letter queue, none of them taken: they are visible again when this returns. */
export async function peek(target: Pick<Target, "queues">, queueUrl: string, most = 1_000): Promise<Message[]> {
  const seen: Message[] = [];
  for await (const batch of receiveAll(target, queueUrl)) {
    seen.push(...batch);
    if (seen.length >= most) break;
  }
  for (let start = 0; start < seen.length; start += 10) {
    await target.queues.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: queueUrl,
        Entries: seen.slice(start, start + 10).map(({ ReceiptHandle }, index) => ({
          Id: String(index),
          ReceiptHandle,
          VisibilityTimeout: 0,
        })),
      }),
    );
  }
  return seen;
}

const Source = z.object({ maxReceiveCount: z.coerce.number() });

/** How often a consumer receives a message before SQS sets it aside: maxReceiveCount of its queue's redrive policy. */
export async function maxReceiveCount({ queues }: Pick<Target, "queues">, queueUrl: string): Promise<number> {
  const { Attributes } = await queues.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["RedrivePolicy"] }),
  );
  const { data } = Source.safeParse(JSON.parse(Attributes?.["RedrivePolicy"] ?? "{}"));
  return data?.maxReceiveCount ?? 0;
}
