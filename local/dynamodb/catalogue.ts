import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { csvOptions, readCatalogue } from "../../contracts/catalogue-csv.ts";
import { DynamoDbError, type DynamoDb } from "./server.ts";
import { LocalCloudError } from "../shared/names.ts";

/** Which catalogue is loaded into which table. */
export interface CatalogueArgs {
  /** The project's folder, with catalogue.csv. */
  readonly root: string;
  /** The stock table. */
  readonly table: string;
  readonly dynamodb: DynamoDb;
}

/**
 * Loads `catalogue.csv` into a new stock table. A mark in the same database is written when every row is in: a load that
 * is cut short starts again, a table that was emptied on purpose stays empty, and a database that is deleted takes the
 * mark with it. Returns the SKU for the ready-made order.
 */
export async function loadCatalogue({ root, table, dynamodb }: CatalogueArgs): Promise<string | undefined> {
  const file = join(root, "catalogue.csv");
  if (!existsSync(file)) return undefined;
  const [header = "", ...lines] = readFileSync(file, "utf8").trim().split(/\r?\n/);
  const columns = header.split(",");
  if (await isLoaded(table, dynamodb)) return lines[0]?.split(",")[columns.indexOf("sku")];
  const { parse } = await import("csv-parse/sync");
  const { items, mistakes } = readCatalogue(parse(readFileSync(file), csvOptions));
  if (mistakes.length > 0) throw new LocalCloudError(`${file} has mistakes. Correct them:\n  ${mistakes.join("\n  ")}`);
  const puts = items.map((item) => ({
    PutRequest: {
      Item: {
        sku: { S: item.sku },
        name: { S: item.name },
        unitPrice: { N: String(item.unitPrice) },
        currency: { S: item.currency },
        onHand: { N: String(item.onHand) },
      },
    },
  }));
  for (let index = 0; index < puts.length; index += 25) {
    await dynamodb.call("BatchWriteItem", { RequestItems: { [table]: puts.slice(index, index + 25) } });
  }
  await markLoaded(table, dynamodb);
  return items[0]?.sku;
}

/** The local cloud's own table; it is no resource of the program. */
const marks = "local-cloud";

function markOf(table: string): { id: { S: string } } {
  return { id: { S: `catalogue#${table}` } };
}

async function isLoaded(table: string, { call }: DynamoDb): Promise<boolean> {
  try {
    const found = await call("GetItem", { TableName: marks, Key: markOf(table), ConsistentRead: true });
    return z.object({ Item: z.unknown() }).parse(found).Item !== undefined;
  } catch (error) {
    if (error instanceof DynamoDbError && error.type === "ResourceNotFoundException") return false;
    throw error;
  }
}

async function markLoaded(table: string, { call }: DynamoDb): Promise<void> {
  try {
    await call("CreateTable", {
      TableName: marks,
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      BillingMode: "PAY_PER_REQUEST",
    });
  } catch (error) {
    if (!(error instanceof DynamoDbError && error.type === "ResourceInUseException")) throw error;
  }
  await call("PutItem", { TableName: marks, Item: markOf(table) });
}
