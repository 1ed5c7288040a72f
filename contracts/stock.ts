import * as z from "zod";
import { currency, sku } from "./text.ts";

/** An item of the stock table: what is sold, at what price in minor units, and how many there are. */
export const CatalogueItem = z.object({
  sku,
  name: z.string().min(1).max(200),
  unitPrice: z.int().nonnegative(),
  currency,
  onHand: z.int().nonnegative(),
});
export type CatalogueItem = z.output<typeof CatalogueItem>;
