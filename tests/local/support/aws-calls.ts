import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DynamoDBClient,
  ExecuteStatementCommand,
  GetItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { CreateMultipartUploadCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { SendEmailCommand, SESv2Client } from "@aws-sdk/client-sesv2";
import { PublishBatchCommand, PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import * as z from "zod";

/** What the clients of a function are made with. */
export interface Caller {
  readonly region: string;
  readonly endpoint: string;
  readonly maxAttempts: number;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

const topicArn = "arn:aws:sns:eu-west-1:000000000000:events";
const stockArn = "arn:aws:dynamodb:eu-west-1:000000000000:table/stock";

/** A call of each kind, by the SDK's clients. */
export function awsCalls(config: Caller) {
  const dynamodb = new DynamoDBClient(config);
  const [sns, sqs, s3] = [new SNSClient(config), new SQSClient(config), new S3Client(config)];
  const [ses, logs] = [new SESv2Client(config), new CloudWatchLogsClient(config)];
  const Key = { id: { S: "1" } };
  const entry = { Id: "1", Message: "m" };
  const content = { Data: "text" };
  const UpdateExpression = "REMOVE a";
  /** Lambda has no client among the packages: a request with the header that names the caller. */
  const lambda = async (method: string, path: string): Promise<never> => {
    const authorization = `AWS4-HMAC-SHA256 Credential=${config.credentials.accessKeyId}/20261124/${config.region}/lambda/aws4_request`;
    const url = `${config.endpoint}/2015-03-31/functions${path}`;
    const response = await fetch(url, { method, headers: { authorization } });
    const text = await response.text();
    const { message } = z.object({ message: z.string() }).parse(text === "" ? { message: "" } : JSON.parse(text));
    const name = response.headers.get("x-amzn-errortype") ?? "";
    throw Object.assign(new Error(message), { name, $metadata: { httpStatusCode: response.status } });
  };
  return {
    item: () => dynamodb.send(new GetItemCommand({ TableName: "orders", Key })),
    query: (IndexName?: string) =>
      dynamodb.send(new QueryCommand({ TableName: "orders", IndexName, KeyConditionExpression: "a = b" })),
    getBatch: () =>
      dynamodb.send(new BatchGetItemCommand({ RequestItems: { orders: { Keys: [Key] }, stock: { Keys: [Key] } } })),
    writeBatch: () =>
      dynamodb.send(new BatchWriteItemCommand({ RequestItems: { stock: [{ DeleteRequest: { Key } }] } })),
    transaction: () =>
      dynamodb.send(
        new TransactWriteItemsCommand({
          TransactItems: [
            { Put: { TableName: "orders", Item: Key } },
            { Update: { TableName: "stock", Key, UpdateExpression } },
            { Update: { TableName: "stock", Key: { id: { S: "2" } }, UpdateExpression } },
            { ConditionCheck: { TableName: stockArn, Key, ConditionExpression: "a = b" } },
            { Delete: { TableName: "orders", Key } },
          ],
        }),
      ),
    statement: () => dynamodb.send(new ExecuteStatementCommand({ Statement: "SELECT * FROM orders" })),
    publish: () => sns.send(new PublishCommand({ TopicArn: topicArn, Message: "m" })),
    publishBatch: () => sns.send(new PublishBatchCommand({ TopicArn: topicArn, PublishBatchRequestEntries: [entry] })),
    sms: () => sns.send(new PublishCommand({ PhoneNumber: "+442071234567", Message: "m" })),
    messages: () => {
      const QueueUrl = `${config.endpoint}/000000000000/work`;
      return sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: "1", MessageBody: "m" }] }));
    },
    object: () => s3.send(new PutObjectCommand({ Bucket: "lake", Key: "events/a b.ndjson", Body: "x" })),
    largeObject: () => s3.send(new CreateMultipartUploadCommand({ Bucket: "lake", Key: "large" })),
    listing: () => s3.send(new ListObjectsV2Command({ Bucket: "lake", Prefix: "events/" })),
    email: () =>
      ses.send(
        new SendEmailCommand({
          FromEmailAddress: "shop@shop.test",
          Destination: { ToAddresses: ["ada@example.com"] },
          Content: { Simple: { Subject: content, Body: { Text: content } } },
          ConfigurationSetName: "shop-mail",
        }),
      ),
    invocation: () => lambda("POST", "/packer/invocations?Qualifier=live"),
    functions: () => lambda("GET", "/"),
    logs: () => logs.send(new FilterLogEventsCommand({ logGroupName: "shop" })),
  };
}
