import type { StackClient } from "./client.ts";

/** A request that is refused, and how: the problem's status, its type, and the places of the bad fields. */
export interface BadInput {
  readonly what: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly refused: readonly [status: number, type: string, ...pointers: string[]];
}

const json = { "content-type": "application/json" };

/** Requests about one product that are wrong in one way each. */
export function badInputs(client: StackClient, sku: string): BadInput[] {
  const order = client.order(sku);
  const changed = (over: object) => ({ headers: json, body: JSON.stringify({ ...order, ...over }) });
  return [
    { what: "no JSON", headers: json, body: "{", refused: [400, "malformed-request"] },
    {
      what: "another media type",
      headers: { "content-type": "text/plain" },
      body: JSON.stringify(order),
      refused: [415, "unsupported-media-type"],
    },
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
      what: "two keys",
      headers: { ...json, "idempotency-key": "a, b" },
      body: JSON.stringify(order),
      refused: [400, "invalid-idempotency-key"],
    },
    { what: "an id that is none", method: "GET", path: "/orders/1", refused: [404, "not-found"] },
    {
      what: "an unknown order",
      method: "GET",
      path: "/orders/11111111-1111-8111-8111-111111111111",
      refused: [404, "not-found"],
    },
    {
      what: "an unknown order to cancel",
      method: "POST",
      path: "/orders/11111111-1111-8111-8111-111111111111/cancel",
      refused: [404, "not-found"],
    },
    { what: "a path that is none", method: "GET", path: "/nowhere", refused: [404, "not-found"] },
  ];
}
