import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { GetCommand, paginateScan, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { CsvError, parse } from "csv-parse/sync";
import { readFile } from "node:fs/promises";
import * as z from "zod";
import { CatalogueItem } from "../contracts/stock.ts";
import { columns, CommandError, main, readArguments } from "./shared/console.ts";
import { openTarget, targetOptions, type Target } from "./shared/target.ts";

const usage = `npm run stock -- list
npm run stock -- import FILE.csv      columns sku,name,unitPrice,currency,onHand; prices in minor units
npm run stock -- add SKU N            N may be negative: add MUG-001 -3
npm run stock -- set SKU N            fails if the count moves meanwhile

  --stack NAME   a deployed stack instead of the local cloud
  --state DIR    the local cloud's folder (default .local)
  --json         for programs`;

type Print = (data: unknown, text: string) => void;

async function list({ documents, outputs }: Target, print: Print): Promise<void> {
  const items: CatalogueItem[] = [];
  for await (const page of paginateScan({ client: documents }, { TableName: outputs.tables.stock })) {
    items.push(...CatalogueItem.array().parse(page.Items ?? []));
  }
  items.sort((a, b) => (a.sku < b.sku ? -1 : 1));
  const rows = items.map(({ sku, name, unitPrice, currency, onHand }) => [sku, name, unitPrice, currency, onHand]);
  print(items, columns([["SKU", "NAME", "PRICE", "", "ON HAND"], ...rows]));
}

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

/** Atomic: orders may deduct at the same time. */
async function add({ documents, outputs }: Target, sku: string, count: number, print: Print): Promise<void> {
  try {
    const { Attributes } = await documents.send(
      new UpdateCommand({
        TableName: outputs.tables.stock,
        Key: { sku },
        UpdateExpression: "ADD onHand :count",
        ConditionExpression: "attribute_exists(sku) AND onHand >= :least",
        ExpressionAttributeValues: { ":count": count, ":least": Math.max(0, -count) },
        ReturnValues: "ALL_NEW",
      }),
    );
    const { onHand } = CatalogueItem.parse(Attributes);
    print({ sku, onHand }, `${sku}: ${onHand} on hand`);
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    const { onHand } = await current({ documents, outputs }, sku);
    throw new CommandError(`${sku} has ${onHand} on hand: ${-count} cannot be taken away.`);
  }
}

async function set({ documents, outputs }: Target, sku: string, count: number, print: Print): Promise<void> {
  const { onHand } = await current({ documents, outputs }, sku);
  try {
    await documents.send(
      new UpdateCommand({
        TableName: outputs.tables.stock,
        Key: { sku },
        UpdateExpression: "SET onHand = :count",
        ConditionExpression: "onHand = :seen",
        ExpressionAttributeValues: { ":count": count, ":seen": onHand },
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    throw new CommandError(`${sku} had ${onHand} on hand and has moved meanwhile: nothing was set. Try again.`);
  }
  print({ sku, onHand: count, was: onHand }, `${sku}: ${count} on hand (was ${onHand})`);
}

async function current(
  { documents, outputs }: Pick<Target, "documents" | "outputs">,
  sku: string,
): Promise<CatalogueItem> {
  const { Item } = await documents.send(
    new GetCommand({ TableName: outputs.tables.stock, Key: { sku }, ConsistentRead: true }),
  );
  if (!Item) throw new CommandError(`There is no SKU "${sku}". \`npm run stock -- list\` shows all.`);
  return CatalogueItem.parse(Item);
}

const Row = z.strictObject({
  ...CatalogueItem.shape,
  unitPrice: z
    .string()
    .regex(/^\d+$/, "must be a whole number of minor units")
    .transform(Number)
    .pipe(CatalogueItem.shape.unitPrice),
  onHand: z.string().regex(/^\d+$/, "must be a whole number").transform(Number).pipe(CatalogueItem.shape.onHand),
});

/** Every line of the file, or every mistake in it with its line. */
function readCatalogue(file: string, csv: string): CatalogueItem[] {
  const mistakes: string[] = [];
  const lines = new Map<string, number>();
  const items = parseCsv(file, csv).flatMap(({ record, line }) => {
    const { data, error } = Row.safeParse(record);
    mistakes.push(
      ...(error?.issues ?? []).map((issue) => `line ${line}: ${issue.path.join(".") || "columns"}: ${issue.message}`),
    );
    if (!data) return [];
    const before = lines.get(data.sku);
    if (before !== undefined) mistakes.push(`line ${line}: sku: ${data.sku} is on line ${before} already`);
    lines.set(data.sku, line);
    return [data];
  });
  if (mistakes.length > 0)
    throw new CommandError(`${file} has mistakes, nothing was imported:\n  ${mistakes.join("\n  ")}`);
  if (items.length === 0)
    throw new CommandError(`${file} has no lines: the first is the header sku,name,unitPrice,currency,onHand.`);
  return items;
}

function parseCsv(file: string, csv: string): { record: unknown; line: number }[] {
  try {
    const records = parse(csv, { columns: true, bom: true, skip_empty_lines: true, trim: true, info: true });
    return z
      .array(z.object({ record: z.unknown(), info: z.object({ lines: z.int() }) }))
      .parse(records)
      .map(({ record, info }) => ({ record, line: info.lines }));
  } catch (error) {
    if (error instanceof CsvError) throw new CommandError(`${file} is not CSV: ${error.message}`);
    throw error;
  }
}

function missing(file: string): never {
  throw new CommandError(`The file ${file} cannot be read.`);
}

await main(usage, async () => {
  const { values, positionals } = readArguments({ ...targetOptions, json: { type: "boolean" } });
  const [verb, first, second, ...more] = positionals;
  const print = (data: unknown, text: string) => console.log(values.json ? JSON.stringify(data) : text);
  if (verb === "list" && first === undefined) return list(await openTarget(values), print);
  if (verb === "import" && first !== undefined && second === undefined) {
    const items = readCatalogue(first, await readFile(first, "utf8").catch(() => missing(first)));
    return importItems(await openTarget(values), items, print);
  }
  if ((verb === "add" || verb === "set") && first !== undefined && second !== undefined && more.length === 0) {
    const count = Number(second);
    if (!Number.isSafeInteger(count)) throw new CommandError(`"${second}" is not a whole number.`, 2);
    if (verb === "set" && count < 0) throw new CommandError("There cannot be fewer than 0 on hand.", 2);
    return (verb === "add" ? add : set)(await openTarget(values), first, count, print);
  }
  throw new CommandError(
    positionals.length === 0 ? "What shall be done?" : `"${positionals.join(" ")}" is not a call of this command.`,
    2,
  );
});
