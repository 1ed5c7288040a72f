import { expect } from "chai";
import fc from "fast-check";
import placeOrder from "../../handlers/place-order.ts";
import { serve } from "../../runtime/lambda/serve.ts";
import { cancelled, scripted, type Answer } from "../support/calls.ts";
import { quietly } from "../support/captured.ts";
import { clock, emitting, httpEvent, variables } from "../support/lambda.ts";
import { mug, orderRequest, storedOrder, withValue } from "../support/orders.ts";

const env = variables({ RESOURCES: '{"orders":"orders","stock":"stock"}', ...emitting });
const [READ, PRICE, COMMIT, PUBLISH, CLEAR] = [
  "dynamodb.GetItem",
  "dynamodb.BatchGetItem",
  "dynamodb.TransactWriteItems",
  "sns.Publish",
  "dynamodb.UpdateItem",
] as const;
const UUID_V8 = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const catalogue = (...items: object[]): Answer => ({ Responses: { stock: items } });
const good: Record<string, Answer[]> = { [PRICE]: [catalogue(mug)], [COMMIT]: [{}], [PUBLISH]: [{}], [CLEAR]: [{}] };

interface Answered {
  statusCode: number | undefined;
  headers: Record<string, unknown>;
  body: unknown;
  asked: string[];
}

async function post(body: unknown, script = good, headers: Record<string, string> = {}): Promise<Answered> {
  const { calls, asked } = scripted(script);
  const request = httpEvent({
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const answer = await quietly(() => serve(placeOrder, env, calls)(request, clock()));
  const parsed: unknown = JSON.parse(answer.body ?? "null");
  return { statusCode: answer.statusCode, headers: answer.headers ?? {}, body: parsed, asked };
}

const field = (value: unknown, name: string): unknown => Reflect.get(Object(value), name);
const pointers = (body: unknown): unknown[] => {
  const errors = field(body, "errors");
  return Array.isArray(errors) ? errors.map((error) => field(error, "pointer")) : [];
};

describe("POST /orders", () => {
  it("answers 201 with the order at the catalogue's prices, and publishes after the commit", async () => {
    const { statusCode, headers, body, asked } = await post(orderRequest);
    const orderId = String(field(body, "orderId"));
    const placedAt = String(field(body, "placedAt"));
    expect(statusCode).to.equal(201);
    expect(headers).to.deep.equal({
      "content-type": "application/json",
      "x-correlation-id": "request-1",
      location: `/orders/${orderId}`,
    });
    expect(body).to.deep.equal({
      orderId,
      status: "placed",
      customerId: "c-1815",
      items: [
        {
          sku: "MUG-001",
          name: "Mug",
          quantity: 2,
          unitPrice: { amount: 1_299, currency: "EUR" },
          lineTotal: { amount: 2_598, currency: "EUR" },
        },
      ],
      total: { amount: 2_598, currency: "EUR" },
      placedAt,
    });
    expect(new Date(placedAt).toISOString()).to.equal(placedAt);
    expect(asked).to.deep.equal([PRICE, COMMIT, PUBLISH, CLEAR]);
  });

  it("answers 201 all the same when it cannot publish: the relay will", async () => {
    const down = Object.assign(new Error("down"), { name: "TimeoutError" });
    const { statusCode, asked } = await post(orderRequest, { ...good, [PUBLISH]: [down] });
    expect([statusCode, asked]).to.deep.equal([201, [PRICE, COMMIT, PUBLISH]]);
    const uncleared = await post(orderRequest, { ...good, [CLEAR]: [down] });
    expect([uncleared.statusCode, uncleared.asked]).to.deep.equal([201, [PRICE, COMMIT, PUBLISH, CLEAR]]);
  });

  it("makes a customer's id where none is given", async () => {
    const { body } = await post(withValue("customerId", undefined));
    expect(field(body, "customerId")).to.match(/^c-[0-9a-f-]{36}$/);
  });

  it("answers 503 with Retry-After when DynamoDB is not to be reached", async () => {
    const down = Object.assign(new Error("down"), { code: "ECONNREFUSED" });
    const { statusCode, headers, asked } = await post(orderRequest, { [PRICE]: [down] });
    expect([statusCode, headers["retry-after"], asked]).to.deep.equal([503, "1", [PRICE]]);
  });

  describe("with an Idempotency-Key", () => {
    const key = { "idempotency-key": "key-1" };

    it("makes the same order of the same key, whatever the form of its header", async () => {
      const script = { ...good, [READ]: [{}] };
      const ids: unknown[] = [];
      for (const text of ["key-1", "key-1", '"key-1"', "key-2"]) {
        ids.push(field((await post(orderRequest, script, { "idempotency-key": text })).body, "orderId"));
      }
      expect(ids[0]).to.match(UUID_V8);
      expect([ids[1], ids[2]]).to.deep.equal([ids[0], ids[0]]);
      expect(ids[3]).to.not.equal(ids[0]);
    });

    it("refuses a key that is none, before anything is read", async () => {
      for (const bad of ["", "a,b", "x".repeat(256), "a b", "ü"]) {
        const { statusCode, body, asked } = await post(orderRequest, {}, { "idempotency-key": bad });
        expect([statusCode, field(body, "type"), asked]).to.deep.equal([
          400,
          "urn:order-fanout:problem:invalid-idempotency-key",
          [],
        ]);
      }
    });

    it("answers the first answer again, byte for byte, and writes nothing", async () => {
      const stored = storedOrder;
      const again = await post(orderRequest, { [READ]: [{ Item: stored }] }, key);
      expect(again.statusCode).to.equal(201);
      expect(again.headers).to.deep.equal({
        "content-type": "application/json",
        "x-correlation-id": "request-1",
        location: `/orders/${stored.orderId}`,
        "idempotency-replayed": "true",
      });
      expect(again.body).to.deep.equal({
        orderId: stored.orderId,
        status: "placed",
        customerId: "c-1815",
        items: stored.items,
        total: stored.total,
        placedAt: stored.placedAt,
      });
      expect(again.asked).to.deep.equal([READ]);
    });

    it("takes the same body for the same, whatever the order of its keys", async () => {
      const turned = Object.fromEntries(Object.entries(orderRequest).reverse());
      const { statusCode } = await post(turned, { [READ]: [{ Item: storedOrder }] }, key);
      expect(statusCode).to.equal(201);
    });

    it("answers 422 to the same key with another body, and writes nothing", async () => {
      const other = withValue("items.0.quantity", 3, withValue("expectedTotal", undefined));
      const { statusCode, body, asked } = await post(other, { [READ]: [{ Item: storedOrder }] }, key);
      expect([statusCode, field(body, "type"), asked]).to.deep.equal([
        422,
        "urn:order-fanout:problem:idempotency-key-reused",
        [READ],
      ]);
    });

    it("answers as the faster one did when two come with one key", async () => {
      const stored = storedOrder;
      const refused = cancelled("ConditionalCheckFailed", "ConditionalCheckFailed");
      const script = { ...good, [READ]: [{}, { Item: stored }], [COMMIT]: [refused] };
      const { statusCode, headers, body, asked } = await post(orderRequest, script, key);
      expect([statusCode, headers["idempotency-replayed"], field(body, "orderId"), asked]).to.deep.equal([
        201,
        "true",
        stored.orderId,
        [READ, PRICE, COMMIT, READ],
      ]);
    });
  });

  describe("refuses, and neither writes nor publishes,", () => {
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
      "an e-mail over its limit": ["customer.email", `${"a".repeat(243)}@example.com`],
      "a phone that is not E.164": ["customer.phone", "020 7123 4567"],
      "a country that is none": ["shippingAddress.countryCode", "ZZ"],
      "a country in lower case": ["shippingAddress.countryCode", "gb"],
      "a postal code that cannot be one": ["shippingAddress.postalCode", "SW1Y_4JH"],
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
        ..."\u0000\u0007\u001F\u007F\u0085\u061C\u200E\u200F\u202A\u202E\u2066\u2069\uFFFE\uFFFF",
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

    it("every bad field at once", async () => {
      const request = withValue("items.0.quantity", 0, withValue("customer.email", "x", withValue("coupon", 1)));
      const { statusCode, body } = await post(request);
      expect([statusCode, pointers(body)]).to.deep.equal([422, ["#/customer/email", "#/items/0/quantity", "#/coupon"]]);
    });
  });

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

  describe("refuses by the catalogue, and neither writes nor publishes,", () => {
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
});
