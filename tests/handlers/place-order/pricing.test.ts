import { expect } from "chai";
import placeOrder from "../../../handlers/place-order.ts";
import { serve } from "../../../runtime/lambda/serve.ts";
import { scripted } from "../../support/calls.ts";
import { captured } from "../../support/captured.ts";
import { clock, httpEvent } from "../../support/lambda.ts";
import { mug, orderRequest, withValue } from "../../support/orders.ts";
import { PRICE, catalogue, field, good, placing, pointers, post } from "../../support/place-order.ts";

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

  it("a SKU whose row is no catalogue item, and no other SKU for it", async () => {
    const bad = [
      { onHand: -1 },
      { unitPrice: 12.5 },
      { currency: "XXZ" },
      { onHand: 2 ** 53 },
      { unitPrice: "1299" },
      { name: "" },
    ];
    for (const wrong of bad) {
      const script = { [PRICE]: [catalogue(mug, { ...cap, ...wrong })] };
      const { statusCode, body, asked } = await post(both, script);
      expect([statusCode, asked]).to.deep.equal([422, [PRICE]]);
      expect(field(body, "errors")).to.deep.equal([
        { pointer: "#/items/1/sku", code: "not_for_sale", message: "cannot be sold right now" },
      ]);
    }
    const { statusCode } = await post(orderRequest, { ...good, [PRICE]: [catalogue(mug, { ...cap, onHand: -1 })] });
    expect(statusCode).to.equal(201);
  });

  it("a SKU whose row is no catalogue item, with the row's fields in the log and none of their values", async () => {
    const { calls } = scripted({ [PRICE]: [catalogue({ ...mug, onHand: "secret" })] });
    const request = httpEvent({ body: JSON.stringify(orderRequest) });
    const { result, lines } = await captured(() => serve(placeOrder, placing, calls)(request, clock()));
    expect(result.statusCode).to.equal(422);
    expect(lines).to.deep.equal([
      {
        level: "error",
        message: "a row of the stock table is not valid",
        function: "test",
        correlationId: "request-1",
        error: "ZodError",
        issues: "onHand invalid_type",
        sku: "MUG-001",
      },
    ]);
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
