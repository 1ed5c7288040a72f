import { BatchWriteCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

/**
 * Writes up to 25 whole items over what is there, each by itself: it costs no more units than one write after the other.
 * Gives the number that DynamoDB did not process.
 */
export async function putMany(
  client: DynamoDBDocumentClient,
  TableName: string,
  items: readonly Readonly<Record<string, unknown>>[],
  abortSignal: AbortSignal,
): Promise<number> {
  const RequestItems = { [TableName]: items.map((Item) => ({ PutRequest: { Item } })) };
  const { UnprocessedItems } = await client.send(new BatchWriteCommand({ RequestItems }), { abortSignal });
  return UnprocessedItems?.[TableName]?.length ?? 0;
}
