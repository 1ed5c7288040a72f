import * as z from "zod";
import type { Invocation } from "./execution-environment.ts";
import type { EndedInvocation } from "../history/records.ts";
import type { Message } from "../messaging/fauxqs.ts";

const BatchResponse = z
  .looseObject({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string().min(1) })).nullish() })
  .nullable();

/** A message as the record of an event. */
export function recordOf(
  receiptHandle: string,
  message: Message,
  { queueArn, region }: { readonly queueArn: string; readonly region: string },
): object {
  const attributes = Object.entries(message.messageAttributes).map(([name, value]): [string, object] => [
    name,
    {
      ...(value.StringValue === undefined ? {} : { stringValue: value.StringValue }),
      ...(value.BinaryValue === undefined ? {} : { binaryValue: value.BinaryValue }),
      stringListValues: [],
      binaryListValues: [],
      dataType: value.DataType,
    },
  ]);
  return {
    messageId: message.messageId,
    receiptHandle,
    body: message.body,
    attributes: {
      ApproximateReceiveCount: String(message.approximateReceiveCount),
      SentTimestamp: String(message.sentTimestamp),
      SenderId: "AIDAIENQZJOLO23YVJ4VO",
      ApproximateFirstReceiveTimestamp: String(message.approximateFirstReceiveTimestamp ?? Date.now()),
    },
    messageAttributes: Object.fromEntries(attributes),
    md5OfBody: message.md5OfBody,
    eventSource: "aws:sqs",
    eventSourceARN: queueArn,
    awsRegion: region,
  };
}

/** Why a function ran, for the history: the messages of a batch, and which of them go back to their queue. */
export const causeOf = (
  queue: string,
  batch: ReadonlyMap<string, Message>,
  failed: ReadonlySet<string>,
): EndedInvocation["cause"] => ({
  kind: "batch",
  queue,
  messages: [...batch].map(([handle, { messageId, approximateReceiveCount: receives, body }]) => ({
    messageId,
    receives,
    body,
    failed: failed.has(handle),
  })),
});

/**
 * The receipt handles that stay in the queue. An answer that is not a partial batch response, or that names an unknown
 * id, fails the whole batch; null, `{}` and an empty list are a success.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function failuresOf(
  invocation: Invocation,
  batch: ReadonlyMap<string, Message>,
  reportBatchItemFailures: boolean,
): Set<string> {
  if (!invocation.ok) return new Set(batch.keys());
  if (!reportBatchItemFailures) return new Set();
  const response = BatchResponse.safeParse(JSON.parse(invocation.payload));
  if (!response.success) return new Set(batch.keys());
  const handles = new Map([...batch].map(([handle, message]) => [message.messageId, handle]));
  const failed = new Set<string>();
  for (const { itemIdentifier } of response.data?.batchItemFailures ?? []) {
    const handle = handles.get(itemIdentifier);
    if (handle === undefined) return new Set(batch.keys());
    failed.add(handle);
  }
  return failed;
}
