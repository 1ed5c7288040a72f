import type { OrderRequest } from "../../contracts/order.ts";
import { withValue } from "../support/orders.ts";
import type { StackClient } from "./client.ts";

type Refused = readonly [status: number, type: string, ...pointers: string[]];

/** A request that is refused, and how: the problem's status, its type, and the places of the bad fields. */
export interface BadInput {
  readonly what: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  readonly refused: Refused;
}

const json = { "content-type": "application/json" };

/** Requests about a product that are wrong in one way each; `other` is sold in another currency. */
export function badInputs(client: StackClient, sku: string, other: string): BadInput[] {
  const order = client.order(sku);
  return [...unreadable(order), ...wrongFields(client, sku), ...wrongValues(order, other), ...wrongRequests(order)];
}

const bodied =
  (order: OrderRequest) =>
  (what: string, body: string | Buffer, ...refused: Refused) => ({
    what,
    headers: json,
    body: typeof body === "string" ? body.replace("ORDER", JSON.stringify(order).slice(1)) : body,
    refused,
  });

/** What cannot be read at all. */
function unreadable(order: OrderRequest): BadInput[] {
  const text = JSON.stringify(order);
  const sent = bodied(order);
  const of = (what: string, headers: Record<string, string>): BadInput => ({
    what,
    headers,
    body: text,
    refused: [415, "unsupported-media-type"],
  });
  return [
    sent("no body", "", 400, "malformed-request"),
    sent("no JSON", "{", 400, "malformed-request"),
    sent(
      "bytes that are not UTF-8",
      Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0x22, 0x7d])]),
      400,
      "malformed-request",
    ),
    sent("U+FFFD", '{"customerId":"\uFFFD",ORDER', 400, "malformed-request"),
    sent("a key twice", '{"items":[],ORDER', 400, "malformed-request"),
    sent("a key twice, written otherwise", String.raw`{"it\u0065ms":[],ORDER`, 400, "malformed-request"),
    sent("17 levels", "[".repeat(17) + "]".repeat(17), 400, "malformed-request"),
    sent("more than 64 KB", JSON.stringify("x".repeat(64 * 1024)), 413, "too-large"),
    of("another media type", { "content-type": "text/plain" }),
    of("no media type", {}),
    of("another charset", { "content-type": "application/json; charset=utf-16" }),
    of("a charset that is no JSON's", { "content-type": "application/json;charset=iso-8859-1" }),
    of("a content encoding", { ...json, "content-encoding": "gzip" }),
  ];
}

/** One field each that is not what it must be: its path, and what is there instead. */
function wrongValues(order: OrderRequest, other: string): BadInput[] {
  const [{ sku } = { sku: "" }] = order.items;
  const values: [path: string, value: unknown, pointer?: string][] = [
    ...[0, -1, 1.5, 1_000, "1", null, true].map((value): [string, unknown] => ["items.0.quantity", value]),
    ["items", []],
    ["items", Array.from({ length: 51 }, (_, index) => ({ sku: `S-${index}`, quantity: 1 }))],
    ["items.0.sku", "../etc"],
    [
      "items",
      [
        { sku, quantity: 1 },
        { sku: other, quantity: 1 },
      ],
      "#/items/1/sku",
    ],
    ["expectedTotal", { amount: 12.99, currency: "EUR" }, "#/expectedTotal/amount"],
    ["expectedTotal", { amount: 2 ** 53, currency: "EUR" }, "#/expectedTotal/amount"],
    ["expectedTotal", { amount: 1_299, currency: "XXZ" }, "#/expectedTotal/currency"],
    ...["\0", "\u0007", "\u202E", "\uFFFE", "\uFFFF", "\uD800", "\u2028", "\u200B", ""].map(
      (value): [string, unknown] => ["customer.name", value === "\u200B" || value === "" ? value : `a${value}b`],
    ),
    ["customer.name", "x".repeat(121)],
    ["customer.name", "claim at https://evil.example/win"],
    ["customer.email", "ada@"],
    ["customer.email", `${"a".repeat(65)}@example.com`],
    ["customer.email", "ada@example-.com"],
    ["customer.phone", "020 7123 4567"],
    ["customer.phone", "+999999999999999"],
    ["shippingAddress.countryCode", "ZZ"],
    ["shippingAddress.postalCode", "2202"],
    ["shippingAddress.postalCode", undefined],
    ["shippingAddress.line1", "x".repeat(121)],
    ["paymentReference", "x".repeat(121)],
    ["customerId", "ada@example.com"],
    ["constructor", { prototype: { polluted: true } }],
    ["customer.__proto__", 1],
  ];
  return values.map(([path, value, pointer = `#/${path.replaceAll(".", "/")}`]) => ({
    what: `${path} being ${(JSON.stringify(value) ?? "nothing").slice(0, 60)}`,
    headers: json,
    body: JSON.stringify(withValue(path, value, order)),
    refused: [422, "invalid-request", pointer],
  }));
}

/** Requests whose headers or paths are wrong. */
function wrongRequests(order: OrderRequest): BadInput[] {
  const body = JSON.stringify(order);
  const key = (value: string): BadInput => ({
    what: `the key ${JSON.stringify(value.slice(0, 20))}`,
    headers: { ...json, "idempotency-key": value },
    body,
    refused: [400, "invalid-idempotency-key"],
  });
  const at = (method: string, path: string, ...refused: Refused): BadInput => ({
    what: "nothing",
    method,
    path,
    refused,
  });
  return [
    ...["", "a,b", "a b", "x".repeat(256), '"a", "b"', '"a'].map(key),
    at("GET", "/orders/1", 404, "not-found"),
    at("GET", "/orders/11111111-1111-8111-8111-111111111111", 404, "not-found"),
    at("GET", `/orders/key%23${"0".repeat(64)}`, 404, "not-found"),
    at("POST", "/orders/11111111-1111-8111-8111-111111111111/cancel", 404, "not-found"),
    at("GET", "/nowhere", 404, "not-found"),
    at("PUT", "/orders", 405, "method-not-allowed"),
    at("DELETE", "/orders/11111111-1111-8111-8111-111111111111", 405, "method-not-allowed"),
  ];
}

/** Fields that are missing, unknown or at odds with each other. */
function wrongFields(client: StackClient, sku: string): BadInput[] {
  const order = client.order(sku);
  const changed = (over: object) => ({ headers: json, body: JSON.stringify({ ...order, ...over }) });
  return [
    {
      what: "nothing in it",
      headers: json,
      body: "{}",
      refused: [422, "invalid-request", "#/customer", "#/shippingAddress", "#/items"],
    },
    { what: "an unknown field", ...changed({ coupon: "X" }), refused: [422, "invalid-request", "#/coupon"] },
    {
      what: "no quantity, and a SKU that cannot be",
      ...changed({
        items: [
          { sku, quantity: 0 },
          { sku: "", quantity: 1 },
        ],
      }),
      refused: [422, "invalid-request", "#/items/0/quantity", "#/items/1/sku"],
    },
    {
      what: "a product twice",
      ...changed({
        items: [
          { sku, quantity: 1 },
          { sku, quantity: 1 },
        ],
      }),
      refused: [422, "invalid-request", "#/items/1/sku"],
    },
    {
      what: "a product that is not sold",
      ...changed({ items: [{ sku: `${sku}-none`, quantity: 1 }] }),
      refused: [422, "invalid-request", "#/items/0/sku"],
    },
    {
      what: "another total",
      ...changed({ expectedTotal: { amount: 1, currency: "EUR" } }),
      refused: [422, "price-mismatch", "#/expectedTotal"],
    },
    {
      what: "a key that is no text",
      headers: json,
      body: JSON.stringify(order).replace("{", String.raw`{"\ud800":1,`),
      refused: [422, "invalid-request", "#/%EF%BF%BD"],
    },
    {
      what: "__proto__",
      headers: json,
      body: JSON.stringify(order).replace("{", '{"__proto__":{"polluted":true},'),
      refused: [422, "invalid-request", "#/__proto__"],
    },
  ];
}
