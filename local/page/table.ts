import * as z from "zod";
import type { DynamoDb } from "../dynamodb/server.ts";

/** An item as plain values. */
export type Item = Record<string, unknown>;

/** An attribute value such as `{ S: "text" }`, as the plain value. */
function plain(value: unknown): unknown {
  const [[type, inner] = ["", undefined]] = Object.entries<unknown>(Object(value) as Record<string, unknown>);
  if (type === "N") return Number(inner);
  if (type === "NULL") return null;
  if (type === "L" && Array.isArray(inner)) return inner.map(plain);
  return type === "M" ? itemOf(inner) : inner;
}

const itemOf = (stored: unknown): Item =>
  Object.fromEntries(Object.entries(Object(stored) as object).map(([name, value]) => [name, plain(value)]));

const Stored = z.unknown().transform(itemOf);

/** The attribute values of a key or of an expression; texts and numbers are all that is needed here. */
export const valuesOf = (fields: Readonly<Record<string, string | number>>): object =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === "number" ? { N: String(value) } : { S: value },
    ]),
  );

/** The items with these keys, at most 100; those that are not there are left out. */
export async function getItems(
  dynamodb: DynamoDb,
  table: string,
  keys: readonly Readonly<Record<string, string>>[],
): Promise<Item[]> {
  if (keys.length === 0) return [];
  const answer = await dynamodb.call("BatchGetItem", {
    RequestItems: { [table]: { Keys: keys.map(valuesOf), ConsistentRead: true } },
  });
  const Answer = z.object({ Responses: z.record(z.string(), z.array(Stored)) });
  return Answer.parse(answer).Responses[table] ?? [];
}

/** The items that a query or a scan gives, all of them. */
export async function readAll(dynamodb: DynamoDb, operation: "Query" | "Scan", input: object): Promise<Item[]> {
  const Page = z.object({ Items: z.array(Stored), LastEvaluatedKey: z.unknown().optional() });
  const items: Item[] = [];
  for (let ExclusiveStartKey: unknown; ;) {
    const page = Page.parse(
      await dynamodb.call(operation, {
        ...input,
        ConsistentRead: true,
        ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}),
      }),
    );
    items.push(...page.Items);
    ExclusiveStartKey = page.LastEvaluatedKey;
    if (ExclusiveStartKey === undefined) return items;
  }
}
