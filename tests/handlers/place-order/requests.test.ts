import { expect } from "chai";
import fc from "fast-check";
import { mug, orderRequest, withValue } from "../../support/orders.ts";
import { COMMIT, PRICE, catalogue, field, good, pointers, post } from "../../support/place-order.ts";

describe("POST /orders refuses, and neither writes nor publishes,", () => {
  const huge = { sku: "MUG-001", quantity: 1 };
  const bad: Record<string, [path: string, value: unknown, pointers?: string[]]> = {
    "a quantity of 0": ["items.0.quantity", 0],
    "a quantity of 1,000": ["items.0.quantity", 1_000],
    "a negative quantity": ["items.0.quantity", -1],
    "half a quantity": ["items.0.quantity", 1.5],
    "a quantity in text": ["items.0.quantity", "2"],
    "no items": ["items", []],
    "51 lines": ["items", Array.from({ length: 51 }, (_, index) => ({ sku: `S-${index}`, quantity: 1 }))],
    "a SKU twice": ["items", [huge, huge], ["#/items/1/sku"]],
    "a SKU that cannot be one": ["items.0.sku", "../etc"],
    "an amount with a fraction": ["expectedTotal.amount", 25.98],
    "an amount over 2^53-1": ["expectedTotal.amount", 2 ** 53],
    "a negative amount": ["expectedTotal.amount", -1],
    "an unknown currency": ["expectedTotal.currency", "XXZ"],
    "a currency in lower case": ["expectedTotal.currency", "eur"],
    "an e-mail that cannot be one": ["customer.email", "ada@"],
    "an e-mail over its limit": ["customer.email", `a@${`${"b".repeat(63)}.`.repeat(4)}com`],
    "an e-mail with a local part over its limit": ["customer.email", `${"a".repeat(65)}@example.com`],
    "an e-mail with a label over its limit": ["customer.email", `a@${"b".repeat(64)}.com`],
    "an e-mail with a hyphen at a label's end": ["customer.email", "a@example-.com"],
    "a phone of no country": ["customer.phone", "+999999999999999"],
    "a phone that is not E.164": ["customer.phone", "020 7123 4567"],
    "a country that is none": ["shippingAddress.countryCode", "ZZ"],
    "a country in lower case": ["shippingAddress.countryCode", "gb"],
    "a postal code that cannot be one": ["shippingAddress.postalCode", "SW1Y_4JH"],
    "a postal code of another country": ["shippingAddress.postalCode", "10115"],
    "no postal code where each address has one": ["shippingAddress.postalCode", undefined],
    "a name with a web address": ["customer.name", "you won! claim at https://evil.example/win"],
    "a name with a web address without its scheme": ["customer.name", "WWW.evil.example"],
    "a name that nobody can see": ["customer.name", "\u200B\u2060\u3164\u00AD"],
    "a name over its limit": ["customer.name", "x".repeat(121)],
    "a line over its limit": ["shippingAddress.line1", "x".repeat(121)],
    "a city over its limit": ["shippingAddress.city", "x".repeat(81)],
    "an empty name": ["customer.name", ""],
    "a name of white space": ["customer.name", "  "],
    "a name that is no text": ["customer.name", { first: "Ada" }],
    "no name": ["customer.name", undefined],
    "no country": ["shippingAddress.countryCode", undefined],
    "an unknown field": ["coupon", "X", ["#/coupon"]],
    "an unknown field further in": ["items.0.price", 1, ["#/items/0/price"]],
    "a field named constructor": ["constructor", { prototype: {} }, ["#/constructor"]],
    "a customer's id with an e-mail address in it": ["customerId", "ada@example.com"],
  };
  for (const [what, [path, value, expected]] of Object.entries(bad)) {
    it(what, async () => {
      const { statusCode, body, asked } = await post(withValue(path, value));
      expect([statusCode, pointers(body), asked]).to.deep.equal([
        422,
        expected ?? [`#/${path.replaceAll(".", "/")}`],
        [],
      ]);
    });
  }

  for (const [what, body] of Object.entries({ null: "null", "a list": "[]", "a text": '"x"', "a number": "5" })) {
    it(`${what} for an order`, async () => {
      const { statusCode, body: answer, asked } = await post(body);
      expect([statusCode, pointers(answer), asked]).to.deep.equal([422, ["#"], []]);
    });
  }

  it("__proto__, and no prototype is touched", async () => {
    const { statusCode, body, asked } = await post(
      JSON.stringify(orderRequest).replace("{", '{"__proto__":{"polluted":true},'),
    );
    expect([statusCode, pointers(body), asked]).to.deep.equal([422, ["#/__proto__"], []]);
    expect(Reflect.get({}, "polluted")).to.equal(undefined);
  });

  it("a text with a character that has no place in it, wherever it stands", async () => {
    const forbidden = fc.constantFrom(
      ..."\u0000\u0007\u001F\u007F\u0085\u061C\u200E\u200F\u202A\u202E\u2066\u2069\uFFFE\uFFFF\u2028\u2029\uFDD0",
      "\u{1FFFE}",
      "\uD800",
      "\uDFFF",
    );
    const place = fc.constantFrom(
      "customer.name",
      "shippingAddress.line1",
      "shippingAddress.line2",
      "shippingAddress.city",
      "paymentReference",
    );
    await fc.assert(
      fc.asyncProperty(place, forbidden, fc.nat(5), async (path, character, at) => {
        const text = `abcde${character}`.slice(5 - at);
        const { statusCode, body, asked } = await post(withValue(path, `${text}z`));
        expect([statusCode, pointers(body), asked]).to.deep.equal([422, [`#/${path.replaceAll(".", "/")}`], []]);
      }),
      { verbose: true },
    );
  });

  it("an unknown key that is no text, at any depth", async () => {
    const key = (body: unknown) => JSON.stringify(body).replace("KEY", String.raw`\ud800`);
    for (const [body, place] of [
      [{ ...orderRequest, KEY: 1 }, "#/%EF%BF%BD"],
      [withValue("items.0.KEY", 1), "#/items/0/%EF%BF%BD"],
    ] as const) {
      const { statusCode, body: answer, asked } = await post(key(body));
      expect([statusCode, pointers(answer), asked]).to.deep.equal([422, [place], []]);
    }
  });

  it("many bad fields, of which it names 100", async () => {
    const unknown = Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`k${index}`, 1]));
    const { statusCode, body, asked } = await post({ ...orderRequest, ...unknown });
    expect([statusCode, field(body, "detail"), pointers(body).length, asked]).to.deep.equal([
      422,
      "3000 fields are not valid.",
      100,
      [],
    ]);
  });

  it("every bad field at once", async () => {
    const request = withValue("items.0.quantity", 0, withValue("customer.email", "x", withValue("coupon", 1)));
    const { statusCode, body } = await post(request);
    expect([statusCode, pointers(body)]).to.deep.equal([422, ["#/customer/email", "#/items/0/quantity", "#/coupon"]]);
  });
});

describe("POST /orders", () => {
  it("answers whatever JSON it is sent with a 4xx or a 201, and never writes what it refuses", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          "customer",
          "customer.name",
          "shippingAddress",
          "items",
          "items.0",
          "items.0.quantity",
          "extra",
        ),
        fc.jsonValue(),
        async (path, value) => {
          const { statusCode = 0, asked } = await post(withValue(path, value), { ...good, [PRICE]: [catalogue(mug)] });
          const wrote = asked.includes(COMMIT);
          expect(wrote).to.equal(statusCode === 201);
          expect(statusCode).to.be.within(201, 422);
        },
      ),
      { verbose: true, numRuns: 300 },
    );
  });
});
