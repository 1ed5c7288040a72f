import type { MessageAttributeValue } from "@aws-sdk/client-sns";
import type { OutboxItem } from "../../contracts/outbox.ts";

/** An event with all that its SNS message says. */
export type Publishable = Pick<OutboxItem, "event" | "correlationId" | "traceparent" | "group">;

/** The SNS message attributes of an event: `type` is what filter policies look at. */
function attributesOf({ event, correlationId, traceparent }: Publishable): Record<string, MessageAttributeValue> {
  const text = (StringValue: string) => ({ DataType: "String", StringValue });
  return {
    type: text(event.type),
    correlationId: text(correlationId),
    ...(traceparent !== undefined && { traceparent: text(traceparent) }),
  };
}

/**
 * The SNS message of an event, but for where it goes. The group is handed on to the queues, where a flood of one group
 * delays the others less; order and deduplication do not come with it on a standard topic
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html).
 */
export const messageOf = (publishable: Publishable) => ({
  Message: JSON.stringify(publishable.event),
  MessageAttributes: attributesOf(publishable),
  ...(publishable.group !== undefined && { MessageGroupId: publishable.group }),
});
