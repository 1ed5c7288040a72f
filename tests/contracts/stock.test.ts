import { expect } from "chai";
import { CatalogueItem } from "../../contracts/stock.ts";
import { mug } from "../support/orders.ts";

describe("an item of the catalogue", () => {
  const good: Record<string, object> = {
    "has the shortest name": { name: "M" },
    "has the longest name": { name: "x".repeat(200) },
    "costs nothing, and there is none": { unitPrice: 0, onHand: 0 },
  };
  for (const [what, over] of Object.entries(good)) {
    it(`is taken where it ${what}`, () => {
      expect(CatalogueItem.parse({ ...mug, ...over })).to.deep.equal({ ...mug, ...over });
    });
  }

  const bad: Record<string, [field: string, over: object]> = {
    "has no name": ["name", { name: "" }],
    "has too long a name": ["name", { name: "x".repeat(201) }],
    "has a negative price": ["unitPrice", { unitPrice: -1 }],
    "has a price with a fraction": ["unitPrice", { unitPrice: 12.99 }],
    "has a currency that is none": ["currency", { currency: "EURO" }],
    "has less than nothing on hand": ["onHand", { onHand: -1 }],
    "has a SKU that cannot be one": ["sku", { sku: "MUG 1" }],
  };
  for (const [what, [field, over]] of Object.entries(bad)) {
    it(`is refused where it ${what}`, () => {
      const { error } = CatalogueItem.safeParse({ ...mug, ...over });
      expect(error?.issues.map(({ path }) => path)).to.deep.equal([[field]]);
    });
  }
});
