import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { findBinary } from "./binary.ts";
import { inspectDatabase, unreadable } from "../shared/database-file.ts";
import { diskFailure } from "../shared/disk.ts";
import { freePort } from "../shared/free-port.ts";
import { LocalCloudError, messageOf } from "../shared/names.ts";

/** Where the database is. */
export interface DynamoDbArgs {
  /** The state folder, which holds the database's file; undefined: the database is in memory. */
  readonly state: string | undefined;
  /** Takes a line for the person: what is fetched, or that the database ended. */
  readonly say: (line: string) => void;
}

/** A DynamoDB that answers. */
export interface DynamoDb {
  readonly endpoint: URL;
  /** The connections to it. */
  readonly agent: Agent;
  /** One call as a person would make it. Rejects with a `DynamoDbError` when the service refuses it. */
  readonly call: (operation: string, input: object) => Promise<unknown>;
  /** Resolves when the process has ended. */
  stop(): Promise<void>;
}

/** A call that DynamoDB refused; `type` is its own name of the error, `ResourceNotFoundException` for instance. */
export class DynamoDbError extends Error {
  override readonly name = "DynamoDbError";
  readonly type: string;

  constructor(operation: string, answer: string) {
    super(`DynamoDB ${operation}: ${answer}`);
    this.type = /"__type"\s*:\s*"(?:[^"#]*#)?(\w+)"/.exec(answer)?.[1] ?? "";
  }
}

/** Starts the dynoxide binary on the state's database file, or takes what DYNAMODB_ENDPOINT names. */
export async function start({ state, say }: DynamoDbArgs): Promise<DynamoDb> {
  const given = process.env["DYNAMODB_ENDPOINT"];
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  if (given !== undefined && given !== "") return connect(new URL(given), agent, async () => agent.destroy());
  const cache = join(import.meta.dirname, "../../node_modules/.cache/order-fanout/dynoxide");
  const binary = findBinary({ platform: `${process.platform}-${process.arch}`, cache, say });
  const host = quietAddress();
  const port = await freePort(1, host);
  const database = join(state ?? "", "dynamodb.db");
  if (state !== undefined) inspectDatabase(database);
  // The shell holds our pipe as its stdin and kills the binary when the pipe closes, however we die. It keeps no
  // other descriptor, so the binary's own death closes stderr. Detached: Ctrl-C must not reach it before us.
  const watchdog = `"$0" serve --host ${host} --port ${port} "$@" </dev/null & pid=$!
exec >/dev/null 2>&1; cat; kill -9 $pid; wait $pid`;
  const kept = state === undefined ? [] : ["--db-path", database];
  const child = spawn("sh", ["-c", watchdog, binary, ...kept], { stdio: ["pipe", "ignore", "pipe"], detached: true });
  let said = "";
  let stopping = false;
  const died = new Promise<never>((_, reject) => {
    child.on("error", reject);
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    child.stderr.on("close", () => reject(deathOf(said, database)));
  });
  died.catch((error: unknown) => {
    if (ready && !stopping) say(messageOf(error));
  });
  let ready = false;
  const dynamodb = connect(new URL(`http://${host}:${port}`), agent, async () => {
    stopping = true;
    child.stdin.destroy();
    agent.destroy();
    await died.catch(() => {});
  });
  await Promise.race([answers(dynamodb), died]);
  ready = true;
  return dynamodb;
}

/**
 * An address of loopback that no web page finds: dynoxide answers any page of any origin, and wants no key. macOS has
 * 127.0.0.1 alone, where a page must still find the port among 22,000.
 */
function quietAddress(): string {
  if (process.platform === "darwin") return "127.0.0.1";
  return `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`;
}

function deathOf(said: string, database: string): LocalCloudError {
  if (/not a (valid SQLite )?database|malformed|corrupt/i.test(said)) return unreadable(database, said.trim());
  const failure = diskFailure(database, said.trim());
  if (failure !== undefined) return new LocalCloudError(failure);
  return new LocalCloudError(`dynoxide, the local DynamoDB, ended: ${said.trim() || "it said nothing"}`);
}

/** Polls tightly: it is ready within a tenth of a second. */
async function answers(dynamodb: DynamoDb): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    try {
      await dynamodb.call("ListTables", {});
      return;
    } catch (error) {
      if (performance.now() > deadline)
        throw new LocalCloudError(`the local DynamoDB does not answer: ${messageOf(error)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

function connect(endpoint: URL, agent: Agent, stop: () => Promise<void>): DynamoDb {
  return { endpoint, agent, stop, call: (operation, input) => call(endpoint, agent, operation, input) };
}

/** Headers that an emulator wants to see signed; it does not check the signature. */
export function unsignedHeaders(operation: string): Record<string, string> {
  return {
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": `DynamoDB_20120810.${operation}`,
    "x-amz-date": new Date().toISOString().replace(/[-:]|\.\d+/g, ""),
    authorization:
      "AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
  };
}

function call(endpoint: URL, agent: Agent, operation: string, input: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const outgoing = request(endpoint, { agent, method: "POST", headers: unsignedHeaders(operation) }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode === 200) return resolve(JSON.parse(text));
        reject(new DynamoDbError(operation, text));
      });
    });
    outgoing.on("error", reject);
    outgoing.end(JSON.stringify(input));
  });
}
