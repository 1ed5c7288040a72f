import fc from "fast-check";
import { people, contactOf } from "./people.ts";
import { orderOf, orderRequest, withValue } from "./orders.ts";

/** A request as a stranger may send it. */
export interface GeneratedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** Any text, with lone surrogates, control characters and all. */
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.uint16Array({ maxLength: 20 }).map((codes) => String.fromCharCode(...codes)),
  fc.constantFrom("\u0000", "\u202E", "\uFFFF", "\uD800", "\u200B", "\u2028", "", " ", "x".repeat(300), "__proto__"),
);
const anyValue = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  anyText,
  fc.double(),
  fc.constantFrom(0, -1, 1e21, 2 ** 53, null, true),
);

const fields = [
  ...["", "customer", "shippingAddress", "items", "items.0", "expectedTotal"],
  ...["customer.name", "customer.email", "customer.phone", "customer.smsConsent", "customerId", "paymentReference"],
  ...["line1", "line2", "city", "postalCode", "countryCode"].map((name) => `shippingAddress.${name}`),
  ...["items.0.sku", "items.0.quantity", "expectedTotal.amount", "expectedTotal.currency"],
];
const anyField = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...fields) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom("customer", "items.0", "shippingAddress"), anyText)
      .map((path) => path.join(".")),
  },
  { weight: 1, arbitrary: anyText },
);

const goodOrder = fc.nat(people.length).map((index) => {
  const person = people[index];
  return person ? orderOf(contactOf(person, index)) : orderRequest;
});
/** An order with some of its values replaced by others. */
const changedOrder = fc
  .tuple(goodOrder, fc.array(fc.tuple(anyField, anyValue), { maxLength: 2 }))
  .map(([order, changes]) =>
    changes.reduce<unknown>((changed, [path, value]) => (path === "" ? value : withValue(path, value, changed)), order),
  );
const orderText = changedOrder.map((order) => Buffer.from(JSON.stringify(order) ?? ""));
/** The bytes of an order with a few of them replaced, left out, or put in. */
const brokenText = fc
  .tuple(orderText, fc.nat(), fc.nat(5), fc.uint8Array({ maxLength: 6 }))
  .map(([text, at, left, put]) => {
    const start = at % (text.length + 1);
    return Buffer.concat([text.subarray(0, start), put, text.subarray(start + left)]);
  });
const twiceKeyed = orderText.map((text) => Buffer.from(text.toString().replace("{", '{"items":[],')));
const body = fc.oneof(
  { weight: 6, arbitrary: orderText },
  { weight: 3, arbitrary: brokenText },
  { weight: 1, arbitrary: twiceKeyed },
  { weight: 1, arbitrary: fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 17, max: 5_000 }).map((deep) => Buffer.from("[".repeat(deep) + "]".repeat(deep))),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 60, max: 70 }).map((kb) => Buffer.from(JSON.stringify("x".repeat(kb * 1_024)))),
  },
);

/** What a header's value may have in it on the wire. */
const headerText = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 60,
});
const contentType = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      "application/json",
      "application/json; charset=utf-8",
      'Application/JSON;charset="UTF-8"',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "text/plain",
      "application/json; charset=utf-16",
      "application/jsonx",
      "",
      "application/json, application/json",
    ),
  },
  { weight: 1, arbitrary: headerText },
);
const headers = fc.tuple(
  fc.option(
    contentType.map((value) => ["content-type", value] as const),
    { freq: 12 },
  ),
  fc.option(
    fc.tuple(
      fc.constant("idempotency-key"),
      fc.oneof(headerText, fc.uuid(), fc.constantFrom("", '"a"', "a,b", "x".repeat(256))),
    ),
  ),
  fc.option(
    fc.tuple(
      fc.constantFrom("content-encoding", "x-correlation-id", "traceparent", "cookie", "accept", "authorization"),
      headerText,
    ),
  ),
);

const segment = fc.oneof(
  fc.constantFrom("orders", "cancel", "release", "health", "..", "%2e%2e", "%00", "%ff", "key%23", "constructor", ""),
  fc.uuid(),
  fc.string({ maxLength: 12 }).map((text) => encodeURIComponent(text.toWellFormed())),
);
const path = fc.oneof(
  { weight: 6, arbitrary: fc.constant("/orders") },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.uuid(), fc.constantFrom("", "/cancel", "/release"))
      .map(([id, verb]) => `/orders/${id}${verb}`),
  },
  { weight: 2, arbitrary: fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.join("/")}`) },
);
const method = fc.oneof(
  { weight: 8, arbitrary: fc.constant("POST") },
  { weight: 2, arbitrary: fc.constantFrom("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD") },
);

export const generatedRequest: fc.Arbitrary<GeneratedRequest> = fc
  .record({ method, path, headers, body })
  .map((request) => ({ ...request, headers: request.headers.flatMap((header) => (header === null ? [] : [header])) }));
