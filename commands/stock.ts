import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { GetCommand, NumberValue, paginateScan, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { CsvError, parse } from "csv-parse/sync";
import { readFile } from "node:fs/promises";
import { csvOptions, readCatalogue } from "../contracts/catalogue-csv.ts";
import { CatalogueItem } from "../contracts/stock.ts";
import { columns, CommandError, main, readArguments, wrongCall } from "./shared/console.ts";
import { openTarget, targetOptions, targetUsage, type Target } from "./shared/target.ts";

const usage = `npm run stock -- list              the catalogue; marks a row that cannot be sold
npm run stock -- import FILE.csv   columns sku,name,unitPrice,currency,onHand; prices in minor units
npm run stock -- add SKU N         N may be negative: add MUG-001 -3
npm run stock -- set SKU N         fails if the count moves meanwhile

${targetUsage}`;

type Print = (data: unknown, text: string) => void;
type Item = Readonly<Record<string, unknown>>;

const MOST = Number.MAX_SAFE_INTEGER;

async function list({ documents, outputs }: Target, print: Print): Promise<void> {
  const items: Item[] = [];
  for await (const page of paginateScan({ client: documents }, { TableName: outputs.tables.stock })) {
    items.push(...(page.Items ?? []));
  }
  items.sort((a, b) => (shown(a["sku"]) < shown(b["sku"]) ? -1 : 1));
  const checked = items.map((item) => ({ item, wrong: wrongFields(item) }));
  const rows = checked.map(({ item, wrong }) => [
    ...["sku", "name", "unitPrice", "currency", "onHand"].map((field) => {
      const value = item[field];
      return typeof value === "number" ? value : shown(value);
    }),
    wrong.length > 0 ? `not valid: ${wrong.join(", ")}` : "",
  ]);
  const table = columns([["SKU", "NAME", "PRICE", "", "ON HAND"], ...rows]);
  const broken = checked.filter(({ wrong }) => wrong.length > 0).length;
  const cure = `\n${broken} not valid: \`npm run stock -- set SKU N\` mends a count, \`import\` any other field.`;
  print(
    checked.map(({ item, wrong }) => (wrong.length > 0 ? { ...printableItem(item), notValid: wrong } : item)),
    broken > 0 ? `${table}${cure}` : table,
  );
}

/** The fields of a row for which it is no catalogue item. */
function wrongFields(item: Item): string[] {
  const { error } = CatalogueItem.safeParse(item);
  return [...new Set((error?.issues ?? []).map(({ path }) => path.join(".")))];
}

const shown = (value: unknown): string => {
  if (value === undefined) return "";
  if (value instanceof NumberValue) return value.toString();
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
};

const printableItem = (item: Item): Item =>
  Object.fromEntries(
    Object.entries(item).map(([key, value]) => [key, value instanceof NumberValue ? value.toString() : value]),
  );

/** Prices and names are the file's; the count of a SKU that is there already is left alone, because orders move it. */
async function importItems(
  { documents, outputs }: Target,
  items: readonly CatalogueItem[],
  print: Print,
): Promise<void> {
  let kept = 0;
  for (const { sku, name, unitPrice, currency, onHand } of items) {
    const { Attributes } = await documents.send(
      new UpdateCommand({
        TableName: outputs.tables.stock,
        Key: { sku },
        UpdateExpression:
          "SET #name = :name, unitPrice = :price, currency = :currency, onHand = if_not_exists(onHand, :onHand)",
        ExpressionAttributeNames: { "#name": "name" },
        ExpressionAttributeValues: { ":name": name, ":price": unitPrice, ":currency": currency, ":onHand": onHand },
        ReturnValues: "ALL_OLD",
      }),
    );
    if (Attributes?.["onHand"] !== undefined) kept++;
  }
  const added = items.length - kept;
  print(
    { imported: items.length, added, updated: kept },
    `${items.length} imported: ${added} new, ${kept} updated (their counts were kept).`,
  );
}

/** Atomic, since orders may deduct at the same time; the condition keeps the count within 0 and 2^53 - 1. */
async function add(target: Target, sku: string, count: number, print: Print): Promise<void> {
  await checkedCount(target, sku);
  try {
    const { Attributes } = await target.documents.send(
      new UpdateCommand({
        TableName: target.outputs.tables.stock,
        Key: { sku },
        UpdateExpression: "ADD onHand :count",
        ConditionExpression: "onHand BETWEEN :least AND :most",
        ExpressionAttributeValues: {
          ":count": count,
          ":least": Math.max(0, -count),
          ":most": MOST - Math.max(0, count),
        },
        ReturnValues: "UPDATED_NEW",
      }),
    );
    const onHand: unknown = Attributes?.["onHand"];
    print({ sku, onHand }, `${sku}: ${shown(onHand)} on hand`);
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    const onHand = await checkedCount(target, sku);
    const most = count < 0 ? `at most ${onHand} can be taken away` : `at most ${MOST - onHand} can be added`;
    throw new CommandError(`${sku} has ${onHand} on hand: ${most}.`);
  }
}

/** The count of a SKU; a count that is none is an error that names the cure. */
async function checkedCount(target: Target, sku: string): Promise<number> {
  const onHand = await countOf(target, sku);
  const { data } = CatalogueItem.shape.onHand.safeParse(onHand);
  if (data === undefined) {
    throw new CommandError(
      `${sku} has a count that is not valid: ${shown(onHand) || "none"}. \`npm run stock -- set ${sku} N\` mends it.`,
    );
  }
  return data;
}

/** Sets the count, whatever it was, provided that it has not moved since it was read. */
async function set(target: Target, sku: string, count: number, print: Print): Promise<void> {
  const was = await countOf(target, sku);
  try {
    await target.documents.send(
      new UpdateCommand({
        TableName: target.outputs.tables.stock,
        Key: { sku },
        UpdateExpression: "SET onHand = :count",
        ConditionExpression: was === undefined ? "attribute_not_exists(onHand)" : "onHand = :seen",
        ExpressionAttributeValues: { ":count": count, ...(was !== undefined && { ":seen": was }) },
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    throw new CommandError(`${sku} had ${shown(was)} on hand and has moved meanwhile: nothing was set. Try again.`);
  }
  const before = shown(was) || "none";
  print(
    { sku, onHand: count, was: typeof was === "number" ? was : before },
    `${sku}: ${count} on hand (was ${before})`,
  );
}

async function countOf({ documents, outputs }: Target, sku: string): Promise<unknown> {
  const { Item } = await documents.send(
    new GetCommand({ TableName: outputs.tables.stock, Key: { sku }, ConsistentRead: true }),
  );
  if (!Item) throw new CommandError(`There is no SKU "${sku}". \`npm run stock -- list\` shows all.`);
  return Item["onHand"];
}

async function readItems(file: string): Promise<CatalogueItem[]> {
  const csv = await readFile(file, "utf8").catch(() => {
    throw new CommandError(`The file ${file} cannot be read. Name a CSV file, such as catalogue.csv.`);
  });
  const { items, mistakes } = readCatalogue(parseCsv(file, csv));
  if (items.length + mistakes.length === 0) {
    throw new CommandError(`${file} has no lines. Begin it with the header sku,name,unitPrice,currency,onHand.`);
  }
  if (mistakes.length === 0) return items;
  throw new CommandError(`${file} has mistakes, nothing was imported. Correct them:\n  ${mistakes.join("\n  ")}`);
}

function parseCsv(file: string, csv: string): unknown {
  try {
    return parse(csv, csvOptions);
  } catch (error) {
    if (error instanceof CsvError) throw new CommandError(`${file} is not CSV: ${error.message}. Correct it.`);
    throw error;
  }
}

function readCount(word: string, least: number): number {
  const count = Number(word);
  if (!/^-?\d+$/.test(word) || !Number.isSafeInteger(count)) {
    throw new CommandError(`"${word}" is not a whole number within 2^53 - 1. Write it in digits alone, such as 12.`, 2);
  }
  if (count < least) throw new CommandError(`There cannot be ${count} on hand. The least is ${least}.`, 2);
  return count;
}

await main(usage, async () => {
  const { values, positionals } = readArguments({ ...targetOptions, json: { type: "boolean" } });
  const [verb, first, second, ...more] = positionals;
  const print = (data: unknown, text: string) => console.log(values.json ? JSON.stringify(data) : text);
  if (verb === "list" && first === undefined) return list(await openTarget(values), print);
  if (verb === "import" && first !== undefined && second === undefined) {
    const items = await readItems(first);
    return importItems(await openTarget(values), items, print);
  }
  if ((verb === "add" || verb === "set") && first !== undefined && second !== undefined && more.length === 0) {
    const count = readCount(second, verb === "add" ? -MOST : 0);
    return (verb === "add" ? add : set)(await openTarget(values), first, count, print);
  }
  throw wrongCall(positionals);
});
