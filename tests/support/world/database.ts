import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  ScanCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { table as makeTable } from "../../../local/dynamodb/provision.ts";
import { start as startDynamoDb, type DynamoDb } from "../../../local/dynamodb/server.ts";
import type { ProgramResource } from "../../../local/program/protocol.ts";

type Item = Record<string, unknown>;

export interface Index {
  readonly table: string;
  readonly index: string;
  /** The names of the table's keys. */
  readonly key: readonly string[];
}

/** A real DynamoDB, in memory, with the tables of the program, and what tests read and write there themselves. */
export class Database {
  readonly #dynamodb: DynamoDb;
  readonly #documents: DynamoDBDocumentClient;

  constructor(dynamodb: DynamoDb) {
    this.#dynamodb = dynamodb;
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    this.#documents = DynamoDBDocumentClient.from(
      new DynamoDBClient({ region: "eu-west-1", endpoint: dynamodb.endpoint.href, credentials }),
    );
  }

  /** Makes the tables that are not there yet. */
  async create(tables: readonly ProgramResource[]): Promise<void> {
    const services = { dynamodb: Promise.resolve(this.#dynamodb), settings: { region: "eu-west-1" } };
    for (const table of tables) await makeTable(table, services);
  }

  async item(TableName: string, Key: Item): Promise<Item | undefined> {
    return (await this.#documents.send(new GetCommand({ TableName, Key, ConsistentRead: true }))).Item;
  }

  async put(TableName: string, Item: Item): Promise<void> {
    await this.#documents.send(new PutCommand({ TableName, Item }));
  }

  async add(TableName: string, Key: Item, attribute: string, count: number): Promise<void> {
    const update = {
      UpdateExpression: "ADD #attribute :count",
      ExpressionAttributeNames: { "#attribute": attribute },
      ExpressionAttributeValues: { ":count": count },
    };
    await this.#documents.send(new UpdateCommand({ TableName, Key, ...update }));
  }

  async remove(TableName: string, Key: Item): Promise<void> {
    await this.#documents.send(new DeleteCommand({ TableName, Key }));
  }

  /** How many items an index has. */
  async count({ table: TableName, index: IndexName }: Index): Promise<number> {
    return (await this.#documents.send(new ScanCommand({ TableName, IndexName, Select: "COUNT" }))).Count ?? 0;
  }

  /** Deletes every item that an index has. */
  async empty({ table: TableName, index: IndexName, key }: Index): Promise<void> {
    const { Items = [] } = await this.#documents.send(new ScanCommand({ TableName, IndexName }));
    for (const item of Items) {
      const Key = Object.fromEntries(key.map((name) => [name, item[name] as unknown]));
      await this.remove(TableName, Key);
    }
  }
}

let started: Promise<{ database: Database; endpoint: string }> | undefined;

/** One DynamoDB for all suites of a process. The functions' clients get its address, whatever a suite before has set. */
export async function database(): Promise<Database> {
  const { database: made, endpoint } = await (started ??= start());
  Object.assign(process.env, {
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
  });
  return made;
}

async function start(): Promise<{ database: Database; endpoint: string }> {
  const dynamodb = await startDynamoDb({ state: undefined, say: () => undefined });
  process.once("exit", () => void dynamodb.stop());
  return { database: new Database(dynamodb), endpoint: dynamodb.endpoint.href };
}
