import { expect } from "chai";
import { mug, withValue } from "../../support/orders.ts";
import { PRICE, catalogue, field, pointers, post } from "../../support/place-order.ts";

describe("POST /orders refuses by the catalogue, and neither writes nor publishes,", () => {
  const cap = { ...mug, sku: "CAP-001", name: "Cap" };
  const both = withValue("items", [
    { sku: "MUG-001", quantity: 2 },
    { sku: "CAP-001", quantity: 1 },
  ]);

  it("a SKU that is not sold", async () => {
    const { statusCode, body, asked } = await post(both, { [PRICE]: [catalogue(mug)] });
    expect([statusCode, asked]).to.deep.equal([422, [PRICE]]);
    expect(field(body, "errors")).to.deep.equal([
      { pointer: "#/items/1/sku", code: "unknown_sku", message: "is not sold here" },
    ]);
  });

  it("a first SKU that is not sold", async () => {
    const { statusCode, body, asked } = await post(both, { [PRICE]: [catalogue(cap)] });
    expect([statusCode, pointers(body), asked]).to.deep.equal([422, ["#/items/0/sku"], [PRICE]]);
  });

  it("lines in two currencies", async () => {
    const { statusCode, body, asked } = await post(both, { [PRICE]: [catalogue(mug, { ...cap, currency: "GBP" })] });
    expect([statusCode, asked]).to.deep.equal([422, [PRICE]]);
    expect(field(body, "errors")).to.deep.equal([
      {
        pointer: "#/items/1/sku",
        code: "mixed_currencies",
        message: "is sold in GBP, the first line in EUR",
      },
    ]);
  });

  it("another total than the catalogue's, and says the right one", async () => {
    for (const expectedTotal of [
      { amount: 2_597, currency: "EUR" },
      { amount: 2_598, currency: "GBP" },
    ]) {
      const { statusCode, body, asked } = await post(withValue("expectedTotal", expectedTotal), {
        [PRICE]: [catalogue(mug)],
      });
      expect([statusCode, field(body, "type"), asked]).to.deep.equal([
        422,
        "urn:order-fanout:problem:price-mismatch",
        [PRICE],
      ]);
      expect(field(body, "errors")).to.deep.equal([
        {
          pointer: "#/expectedTotal",
          code: "price_mismatch",
          message: 'the total is {"amount":2598,"currency":"EUR"}',
        },
      ]);
    }
  });

  it("a total that cannot be counted exactly", async () => {
    const dear = { ...mug, unitPrice: Number.MAX_SAFE_INTEGER };
    const request = withValue("expectedTotal", undefined);
    const { statusCode, body, asked } = await post(request, { [PRICE]: [catalogue(dear)] });
    expect([statusCode, pointers(body), asked]).to.deep.equal([422, ["#/items"], [PRICE]]);
  });
});
