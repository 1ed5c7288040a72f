import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import * as z from "zod";
import { CommandError } from "./console.ts";

/** The stack's outputs, as far as the commands need them. */
const Outputs = z.object({
  tables: z.object({ orders: z.string(), stock: z.string(), effects: z.string() }),
  topicArn: z.string(),
  consumers: z.record(
    z.string(),
    z.object({ queueUrl: z.string(), deadLetterQueueUrl: z.string(), functionName: z.string(), logGroup: z.string() }),
  ),
  /** Of the local cloud alone. */
  local: z.object({ endpoint: z.string() }).optional(),
});

/** Where a command works: the local cloud, or a deployed stack. */
export interface Target {
  readonly outputs: z.output<typeof Outputs>;
  readonly documents: DynamoDBDocumentClient;
  readonly queues: SQSClient;
}

/** The options with which every command says where it works. */
export const targetOptions = { stack: { type: "string" }, state: { type: "string", default: ".local" } } as const;

/**
 * The deployed stack of that name, by `pulumi stack output`; without a name, the local cloud that is running.
 * @throws CommandError saying what to start or to install.
 */
export async function openTarget({ stack, state }: { stack?: string | undefined; state: string }): Promise<Target> {
  const parsed = Outputs.safeParse(
    JSON.parse(stack === undefined ? await localOutputs(state) : await stackOutputs(stack)),
  );
  if (parsed.error)
    throw new CommandError(`The outputs of the stack are not order-fanout's: ${z.prettifyError(parsed.error)}`);
  const outputs = parsed.data;
  const client = {
    region: outputs.topicArn.split(":")[3] ?? "eu-west-1",
    ...(outputs.local && {
      endpoint: outputs.local.endpoint,
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    }),
  };
  return { outputs, documents: DynamoDBDocumentClient.from(new DynamoDBClient(client)), queues: new SQSClient(client) };
}

async function localOutputs(state: string): Promise<string> {
  try {
    return await readFile(`${state}/outputs.json`, "utf8");
  } catch {
    throw new CommandError(
      `There is no running local cloud (${state}/outputs.json is not there). Start it with \`npm start\`, or name a deployed stack with --stack.`,
    );
  }
}

/** By the CLI on the path, or by the one that `npm run up` fetches. */
async function stackOutputs(stack: string): Promise<string> {
  const words = ["stack", "output", "--json", "--stack", stack];
  const run = promisify(execFile);
  try {
    const { stdout } = await run("pulumi", words).catch((error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "ENOENT")
        return run("npx", ["--yes", PULUMI, ...words]);
      throw error;
    });
    return stdout;
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    const reason = said || (error instanceof Error ? error.message : String(error));
    throw new CommandError(`The outputs of the stack "${stack}" cannot be read by \`pulumi stack output\`: ${reason}`);
  }
}

/** The version that package.json's scripts use. */
const PULUMI = "pulumi@3.265.0";
