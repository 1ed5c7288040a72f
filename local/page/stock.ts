import * as z from "zod";
import { CatalogueItem } from "../../contracts/stock.ts";
import { DynamoDbError } from "../dynamodb/server.ts";
import { parseJson } from "../shared/json.ts";
import { missing, ok, refused, type PageAnswer } from "./answer.ts";
import { exportsOf, type PageArgs } from "./args.ts";
import { readAll, valuesOf } from "./table.ts";
import type { StockView } from "./views.ts";

const Change = z.strictObject({ onHand: CatalogueItem.shape.onHand, was: z.int() });

/** The catalogue by SKU; rows that are not valid are left out. */
export async function stockList({ program, dynamodb }: PageArgs): Promise<StockView[]> {
  const table = exportsOf(program).tables.stock;
  if (table === undefined) return [];
  const items = await readAll(await dynamodb, "Scan", { TableName: table });
  return items.flatMap((item) => CatalogueItem.safeParse(item).data ?? []).sort((a, b) => (a.sku < b.sku ? -1 : 1));
}

/** Sets a count, provided that it has not moved since it was read: orders may deduct at the same time. */
export async function setStock({ program, dynamodb }: PageArgs, sku: string, text: string): Promise<PageAnswer> {
  const { data, error } = Change.safeParse(parseJson(text));
  if (data === undefined) return refused(400, z.prettifyError(error));
  const table = exportsOf(program).tables.stock;
  if (table === undefined) return missing("stock table");
  try {
    await (
      await dynamodb
    ).call("UpdateItem", {
      TableName: table,
      Key: valuesOf({ sku }),
      UpdateExpression: "SET onHand = :count",
      ConditionExpression: "onHand = :was",
      ExpressionAttributeValues: valuesOf({ ":count": data.onHand, ":was": data.was }),
    });
    return ok({ sku, onHand: data.onHand });
  } catch (failure) {
    if (!(failure instanceof DynamoDbError && failure.type === "ConditionalCheckFailedException")) throw failure;
    return refused(409, `${sku} has moved meanwhile, from ${data.was}: nothing was set. Look again.`);
  }
}
