import * as z from "zod";
import { CatalogueItem } from "./stock.ts";
import { text } from "./text.ts";

/** How a catalogue file is read by csv-parse: a header, then an item a line; each record comes with its line. */
export const csvOptions = { columns: true, bom: true, skip_empty_lines: true, trim: true, info: true } as const;

const { unitPrice, onHand } = CatalogueItem.shape;
const digits = (what: string) => z.string().regex(/^\d+$/, `must be a whole number${what}`).transform(Number);

/** A line of a catalogue file. */
const Row = z.strictObject({
  ...CatalogueItem.shape,
  name: text(200),
  unitPrice: digits(" of minor units").pipe(unitPrice),
  onHand: digits("").pipe(onHand),
});

const Records = z.array(z.object({ record: z.unknown(), info: z.object({ lines: z.int() }) }));

/** The items of a catalogue file out of what csv-parse made of it, and every mistake with its line. */
export function readCatalogue(parsed: unknown): { items: CatalogueItem[]; mistakes: string[] } {
  const mistakes: string[] = [];
  const lines = new Map<string, number>();
  const items = Records.parse(parsed).flatMap(({ record, info: { lines: line } }) => {
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
  return { items, mistakes };
}
