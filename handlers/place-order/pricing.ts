import type { OrderRequest } from "../../contracts/order.ts";
import { Problem, type FieldError } from "../../contracts/problems.ts";
import { CatalogueItem } from "../../contracts/stock.ts";
import type { Log } from "../../runtime/index.ts";

/**
 * Prices the lines of a request from rows of the stock table. A row that is no catalogue item is not for sale, and an
 * error in the log: one bad row must not cost the orders that do without it.
 * @throws Problem `invalid-request` with every line that cannot be priced, or `price-mismatch` with the right total.
 */
export function price(
  { items: wanted, expectedTotal }: OrderRequest,
  rows: readonly Readonly<Record<string, unknown>>[],
  log: Log,
) {
  const bySku = new Map(
    rows.map((row): [unknown, CatalogueItem | undefined] => {
      const { data, error } = CatalogueItem.safeParse(row);
      if (error) log.error("a row of the stock table is not valid", error, { sku: String(row["sku"]) });
      return [row["sku"], data];
    }),
  );
  const currency = bySku.get(wanted[0]?.sku ?? "")?.currency;
  const errors: FieldError[] = [];
  const items = wanted.flatMap(({ sku, quantity }, index) => {
    const pointer = `#/items/${index}/sku`;
    const found = bySku.get(sku);
    if (!found) {
      errors.push(
        bySku.has(sku)
          ? { pointer, code: "not_for_sale", message: "cannot be sold right now" }
          : { pointer, code: "unknown_sku", message: "is not sold here" },
      );
      return [];
    }
    if (currency !== undefined && found.currency !== currency) {
      errors.push({
        pointer,
        code: "mixed_currencies",
        message: `is sold in ${found.currency}, the first line in ${currency}`,
      });
      return [];
    }
    const money = (amount: number) => ({ amount, currency: found.currency });
    const { name, unitPrice } = found;
    return [{ sku, name, quantity, unitPrice: money(unitPrice), lineTotal: money(unitPrice * quantity) }];
  });
  const amount = items.reduce((sum, { lineTotal }) => sum + lineTotal.amount, 0);
  if (!Number.isSafeInteger(amount)) {
    errors.push({ pointer: "#/items", code: "too_big", message: "the total is more than can be counted exactly" });
  }
  if (errors.length > 0 || currency === undefined) {
    throw new Problem("invalid-request", "The order cannot be priced.", { errors });
  }
  const total = { amount, currency };
  if (expectedTotal && (expectedTotal.amount !== amount || expectedTotal.currency !== currency)) {
    throw new Problem("price-mismatch", `The total is ${amount} ${currency} in minor units.`, {
      errors: [
        { pointer: "#/expectedTotal", code: "price_mismatch", message: `the total is ${JSON.stringify(total)}` },
      ],
    });
  }
  return { items, total };
}
