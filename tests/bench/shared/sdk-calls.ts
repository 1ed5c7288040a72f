// Run as `node tests/bench/shared/sdk-calls.ts TRANSPORT` by the bench `sdk`: what each command costs this process in CPU.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { PublishBatchCommand, PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import {
  BatchGetCommand,
  DynamoDBDocumentClient,
  GetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { direct } from "../../../runtime/ports/calls.ts";
import { documentClient, s3Client, snsClient } from "../../../runtime/ports/clients.ts";

const HOT = 4_000;
const TableName = "bench";
type Figures = Record<string, { cold: number; hot: number }>;

const order = (id: string) => ({
  id,
  status: "placed",
  customerId: "c-1",
  items: ["A", "B", "C"].map((sku) => ({ sku, quantity: 2, unitPrice: { amount: 1_299, currency: "EUR" } })),
  total: { amount: 7_794, currency: "EUR" },
});

/** The clients of a function, and those that the SDK builds when it is told its time limits alone. */
function clients(transport: string) {
  if (transport === "ours") return { table: documentClient(direct), sns: snsClient(direct), s3: s3Client(direct) };
  const requestHandler = { connectionTimeout: 500, requestTimeout: 2_000, throwOnRequestTimeout: true };
  const config = { maxAttempts: 3, requestHandler };
  return {
    table: DynamoDBDocumentClient.from(new DynamoDBClient(config)),
    sns: new SNSClient(config),
    s3: new S3Client(config),
  };
}

/** The commands by name, each with the deadline's signal as in a function. */
function commands({ table, sns, s3 }: ReturnType<typeof clients>): Record<string, () => Promise<unknown>> {
  const deadline = { abortSignal: AbortSignal.timeout(3_600_000) };
  const Key = { id: "a" };
  const message = { Message: JSON.stringify(order("a")), MessageAttributes: {} };
  const entries = Array.from({ length: 10 }, (_, index) => ({ Id: String(index), ...message }));
  const Update = { TableName, Key, UpdateExpression: "SET n = :n", ExpressionAttributeValues: { ":n": 1 } };
  const writes = ["a", "b", "c", "d"].map((id) => ({ Put: { TableName, Item: order(id) } }));
  return {
    TransactWriteItems: () => table.send(new TransactWriteCommand({ TransactItems: writes }), deadline),
    GetItem: () => table.send(new GetCommand({ TableName, Key, ConsistentRead: true }), deadline),
    BatchGetItem: () =>
      table.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys: [Key, { id: "b" }] } } }), deadline),
    UpdateItem: () => table.send(new UpdateCommand(Update), deadline),
    "sns Publish": () => sns.send(new PublishCommand({ TopicArn: "t", ...message }), deadline),
    "sns PublishBatch": () =>
      sns.send(new PublishBatchCommand({ TopicArn: "t", PublishBatchRequestEntries: entries }), deadline),
    "s3 PutObject": () => s3.send(new PutObjectCommand({ Bucket: "b", Key: "k", Body: message.Message }), deadline),
  };
}

/** The CPU of this process in milliseconds since `from`, for each of `count` calls. */
function spent(from: NodeJS.CpuUsage, count: number): number {
  const { user, system } = process.cpuUsage(from);
  return (user + system) / count / 1_000;
}

async function batches(call: () => Promise<unknown>, count: number): Promise<void> {
  for (let done = 0; done < count; done += 10) await Promise.all(Array.from({ length: 10 }, call));
}

async function measure(transport: string): Promise<Figures> {
  const figures: Figures = {};
  for (const [name, call] of Object.entries(commands(clients(transport)))) {
    let from = process.cpuUsage();
    await call();
    const cold = spent(from, 1);
    await batches(call, HOT / 2);
    from = process.cpuUsage();
    await batches(call, HOT);
    figures[name] = { cold, hot: spent(from, HOT) };
  }
  return figures;
}

console.log(JSON.stringify(await measure(process.argv[2] ?? "ours")));
process.exit();
