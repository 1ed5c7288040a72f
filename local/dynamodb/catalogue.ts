import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { DynamoDb } from "./server.ts";
import { LocalCloudError } from "../shared/names.ts";

const Row = z.object({
  sku: z.string().min(1),
  name: z.string(),
  unitPrice: z.string().regex(/^\d+$/),
  currency: z.string(),
  onHand: z.string().regex(/^\d+$/),
});

/**
 * Loads `catalogue.csv` into a new state's stock table. A marker is written when all is in, so that a kill in between
 * does not leave half a catalogue, and so that a table that was emptied on purpose stays empty. Returns the SKU for
 * the ready-made order.
 */
export async function loadCatalogue(
  root: string,
  state: string,
  table: string,
  dynamodb: DynamoDb,
): Promise<string | undefined> {
  const file = join(root, "catalogue.csv");
  if (!existsSync(file)) return undefined;
  const [header = "", ...lines] = readFileSync(file, "utf8").trim().split(/\r?\n/);
  const marker = join(state, "catalogue-loaded");
  const columns = header.split(",");
  if (existsSync(marker)) return lines[0]?.split(",")[columns.indexOf("sku")];
  const { parse } = await import("csv-parse/sync");
  const rows = z.array(Row).safeParse(parse(readFileSync(file), { columns: true, skip_empty_lines: true, bom: true }));
  if (!rows.success) throw new LocalCloudError(`${file}: ${z.prettifyError(rows.error)}`);
  const puts = rows.data.map((row) => ({
    PutRequest: {
      Item: {
        sku: { S: row.sku },
        name: { S: row.name },
        unitPrice: { N: row.unitPrice },
        currency: { S: row.currency },
        onHand: { N: row.onHand },
      },
    },
  }));
  for (let index = 0; index < puts.length; index += 25) {
    await dynamodb.call("BatchWriteItem", { RequestItems: { [table]: puts.slice(index, index + 25) } });
  }
  writeFileSync(marker, "");
  return rows.data[0]?.sku;
}
