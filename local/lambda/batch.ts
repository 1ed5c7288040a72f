import type { Message, Queue } from "../messaging/fauxqs.ts";
import type { Messaging } from "../messaging/server.ts";

/** Lambda's limit for one synchronous event, with room for the envelope. */
const maxPayload = 5_500_000;

/** How long a queue hides a message that was received, as it is configured. */
export const visibilitySeconds = ({ attributes }: Queue): number => Number(attributes["VisibilityTimeout"] ?? 30);

/** The same in ms, as this cloud runs it. */
export const visibilityMs = (queue: Queue, speed: number): number => (visibilitySeconds(queue) * 1_000) / speed;

/**
 * Shortens the visibility timeout of the messages that failed, as `speed` does with every wait.
 * @param received When, by `performance.now()`.
 */
export function hastenRetries(queue: Queue, failed: ReadonlySet<string>, received: number, speed: number): void {
  const until = received + visibilityMs(queue, speed);
  for (const handle of failed) {
    if (queue.inflightMessages.has(handle))
      queue.changeVisibility(handle, Math.max(0, until - performance.now()) / 1000);
  }
}

/** Takes up to a batch, ten at a time as ReceiveMessage does; dead letters are moved away on the way. */
export function receive(queue: Queue, batchSize: number, messaging: Messaging): Map<string, Message> {
  const batch = new Map<string, Message>();
  let size = 0;
  while (batch.size < batchSize && queue.messages.length > 0 && size < maxPayload) {
    const count = Math.min(10, batchSize - batch.size);
    const received = queue.dequeue(count, visibilitySeconds(queue), (arn) => messaging.sqs.getQueueByArn(arn));
    for (const { ReceiptHandle } of received) {
      const message = queue.inflightMessages.get(ReceiptHandle)?.message;
      if (message === undefined) continue;
      batch.set(ReceiptHandle, message);
      size += message.body.length;
    }
  }
  return batch;
}
