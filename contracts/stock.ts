import * as z from "zod";
import { currency, sku } from "./text.ts";

/** An item of the stock table: a product that is sold, its price in minor units, and its count. */
export const CatalogueItem = z.object({
  sku,
  name: z.string().min(1).max(200),
  unitPrice: z.int().nonnegative(),
  currency,
  onHand: z.int().nonnegative(),
});
export type CatalogueItem = z.output<typeof CatalogueItem>;
