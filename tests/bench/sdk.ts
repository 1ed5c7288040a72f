/**
 * What a call costs a function in CPU, by command: the first one of a process, and each of many, ten side by side as in a
 * batch (one at a time, a virtual machine's idling and waking costs more than the call and hides it).
 * Run as `node tests/bench/sdk.ts [RUNS]`: each run is a fresh process for each transport, against the local DynamoDB, and
 * for the other services against a server that answers the same each time. Prints the medians, in milliseconds.
 */
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
import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { start } from "../../local/dynamodb/server.ts";
import { direct } from "../../runtime/ports/calls.ts";
import { documentClient, s3Client, snsClient } from "../../runtime/ports/clients.ts";

const HOT = 4_000;
const TableName = "bench";
const Figures = z.record(z.string(), z.object({ cold: z.number(), hot: z.number() }));
type Figures = z.output<typeof Figures>;

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

/** Answers as SNS, or with nothing, as S3 does. */
const canned = createServer((request, response) => {
  request.resume().on("end", () => {
    const batch = "<PublishBatchResult><Failed/><Successful/></PublishBatchResult>";
    const one = "<PublishResult><MessageId>1</MessageId></PublishResult>";
    const xml = (name: string, result: string) => `<${name}Response>${result}</${name}Response>`;
    const isBatch = Number(request.headers["content-length"]) > 3_000;
    response.end(request.method === "POST" ? (isBatch ? xml("PublishBatch", batch) : xml("Publish", one)) : "");
  });
});

async function main(runs: number): Promise<void> {
  const state = await mkdtemp(join(tmpdir(), "order-fanout-bench-"));
  const dynamodb = await start({ state, say: console.log });
  await dynamodb.call("CreateTable", {
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
  });
  await new Promise<void>((listening) => void canned.listen(0, "127.0.0.1", listening));
  const address = canned.address();
  const env = {
    ...process.env,
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_ENDPOINT_URL: typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}` : "",
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint.href,
  };
  const child = async (transport: string) => {
    const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename, "--child", transport], {
      env,
    });
    return Figures.parse(JSON.parse(stdout));
  };
  const results: Record<"sdk" | "ours", Figures[]> = { sdk: [], ours: [] };
  try {
    for (let run = 0; run < runs; run++) {
      for (const transport of run % 2 ? (["ours", "sdk"] as const) : (["sdk", "ours"] as const)) {
        results[transport].push(await child(transport));
      }
    }
  } finally {
    await dynamodb.stop();
    canned.close();
    rmSync(state, { recursive: true, force: true });
  }
  print(results);
}

function print(results: Record<"sdk" | "ours", Figures[]>): void {
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  const cell = (of: Figures[], name: string, what: "cold" | "hot") =>
    median(of.map((figures) => figures[name]?.[what] ?? 0)).toFixed(what === "hot" ? 3 : 1);
  const row = (...cells: string[]) =>
    console.log(cells.map((text, index) => text.padStart(index ? 12 : 0).padEnd(index ? 0 : 20)).join(""));
  row("CPU a call, ms", "first: sdk", "ours", "hot: sdk", "ours");
  for (const name of Object.keys(results.ours[0] ?? {})) {
    const { sdk, ours } = results;
    row(name, cell(sdk, name, "cold"), cell(ours, name, "cold"), cell(sdk, name, "hot"), cell(ours, name, "hot"));
  }
}

const [flag, transport = ""] = process.argv.slice(2);
if (flag === "--child") {
  console.log(JSON.stringify(await measure(transport)));
  process.exit();
}
await main(Number(flag ?? 3));
