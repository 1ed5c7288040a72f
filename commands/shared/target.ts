import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient, NumberValue } from "@aws-sdk/lib-dynamodb";
import { readFile } from "node:fs/promises";
import * as z from "zod";
import { CommandError, issues } from "./console.ts";
import { rememberOperation } from "./operation.ts";
import { runPulumi } from "./pulumi-cli.ts";

const FunctionOutputs = z.object({ functionName: z.string(), logGroup: z.string() });

/** The stack's outputs, as far as the commands need them. */
const Outputs = z.object({
  apiUrl: z.string(),
  corsOrigins: z.array(z.string()),
  tables: z.object({ orders: z.string(), stock: z.string(), effects: z.string() }),
  topicArn: z.string(),
  consumers: z.record(z.string(), z.object({ queueUrl: z.string(), deadLetterQueueUrl: z.string() })),
  /** Of consumers, routes and the relay, by the name that their log lines have. */
  functions: z.record(z.string(), FunctionOutputs),
  /** The parameters of each secret that the config names. */
  secrets: z.record(z.string(), z.array(z.string())).default({}),
  /** Of the local cloud alone. */
  local: z.object({ endpoint: z.string(), token: z.string() }).optional(),
});

/** Where a command works: the local cloud, or a deployed stack. */
export interface Target {
  readonly outputs: z.output<typeof Outputs>;
  readonly documents: DynamoDBDocumentClient;
  readonly queues: SQSClient;
  readonly logs: CloudWatchLogsClient;
}

/** The options with which every command says where it works. */
export const targetOptions = { deployed: { type: "string" }, state: { type: "string", default: ".local" } } as const;

/** What the usage of each command says of them. */
export const targetUsage = `  --deployed NAME   a deployed stack instead of the local cloud
  --state DIR       the local cloud's folder (default .local)
  --json            JSON for programs`;

/**
 * The deployed stack of that name, by `pulumi stack output`; without a name, the local cloud that is running.
 * @throws CommandError saying what to start or to install.
 */
export async function openTarget(values: { deployed?: string | undefined; state: string }): Promise<Target> {
  const { deployed, state } = values;
  const text = deployed === undefined ? await localOutputs(state) : await stackOutputs(deployed);
  const { data: outputs, error } = Outputs.safeParse(parseJson(text));
  if (error) {
    const made = deployed === undefined ? "Start it anew with `npm start`" : "Deploy this version with `npm run up`";
    throw new CommandError(`The stack's outputs are not those of this version (${issues(error)}). ${made}.`);
  }
  const config = clientConfig(outputs);
  const tables = new DynamoDBClient(config);
  const queues = new SQSClient(config);
  // AWS limits FilterLogEvents to a few calls a second: keep asking.
  const logs = new CloudWatchLogsClient({ ...config, ...(!outputs.local && { maxAttempts: 10 }) });
  const first = { step: "initialize", name: "rememberOperation" } as const;
  tables.middlewareStack.add(rememberOperation, first);
  queues.middlewareStack.add(rememberOperation, first);
  logs.middlewareStack.add(rememberOperation, first);
  const documents = DynamoDBDocumentClient.from(tables, { unmarshallOptions: { wrapNumbers } });
  return { outputs, documents, queues, logs };
}

/** What the SDK's clients need to reach a stack. */
export const clientConfig = ({ topicArn, local }: Target["outputs"]) => ({
  region: topicArn.split(":")[3] ?? "eu-west-1",
  ...(local && {
    endpoint: local.endpoint,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  }),
});

/** A number that JavaScript cannot hold stays as DynamoDB has it, so that it can be shown and compared. */
const wrapNumbers = (text: string): number | NumberValue =>
  Math.abs(Number(text)) <= Number.MAX_SAFE_INTEGER && String(Number(text)) === text
    ? Number(text)
    : NumberValue.from(text);

async function localOutputs(state: string): Promise<string> {
  try {
    return await readFile(`${state}/outputs.json`, "utf8");
  } catch {
    throw new CommandError(
      `There is no running local cloud (${state}/outputs.json is not there). Start it with \`npm start\`, or name a deployed stack with --deployed NAME.`,
    );
  }
}

async function stackOutputs(stack: string): Promise<string> {
  try {
    return await runPulumi(["stack", "output", "--json", "--stack", stack]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(
      `The outputs of the deployed stack "${stack}" cannot be read: ${reason}\nSign in with \`npm run pulumi -- login\`; \`npm run pulumi -- stack ls\` lists the stacks.`,
    );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
