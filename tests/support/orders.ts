import { createHash } from "node:crypto";
import type { OrderRequest } from "../../contracts/order.ts";
import type { StoredKey, StoredOrder } from "../../contracts/orders-table.ts";

/** A request for an order that is valid in everything, and has every field. */
export const orderRequest = {
  customerId: "c-1815",
  customer: { name: "Ada Lovelace", email: "ada@example.com", phone: "+442071234567", smsConsent: true },
  shippingAddress: {
    line1: "12 St James's Sq",
    line2: "Flat 3",
    city: "London",
    postalCode: "SW1Y 4JH",
    countryCode: "GB",
  },
  items: [{ sku: "MUG-001", quantity: 2 }],
  paymentReference: "pi_3Nabc",
  expectedTotal: { amount: 2_598, currency: "EUR" },
} satisfies OrderRequest;

/** An order that is right in every part, and neither paid yet nor priced; a test changes what it is about. */
export function orderOf(over: Partial<OrderRequest> = {}): OrderRequest {
  const { customerId, customer, shippingAddress, items } = orderRequest;
  return { customerId, customer, shippingAddress, items, ...over };
}

/** The catalogue's item that the request asks for. */
export const mug = { sku: "MUG-001", name: "Mug", unitPrice: 1_299, currency: "EUR", onHand: 100 };

/** A copy of a request with the value at a path, such as `items.0.quantity`, replaced. */
export function withValue(path: string, value: unknown, request: unknown = orderRequest): unknown {
  const [key = "", ...rest] = path.split(".");
  const set = (inner: unknown) => (rest.length === 0 ? value : withValue(rest.join("."), value, inner));
  if (Array.isArray(request))
    return request.map((inner: unknown, index) => (String(index) === key ? set(inner) : inner));
  const entries = new Map<string, unknown>(
    typeof request === "object" && request !== null ? Object.entries(request) : [],
  );
  return Object.fromEntries(entries.set(key, set(entries.get(key))));
}

/** JSON with the keys of every object in order. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

/** What the request became when it was placed, and was confirmed since. */
export const storedOrder = {
  orderId: "0b5e0f0c-1111-4222-9333-444455556666",
  status: "confirmed",
  customerId: orderRequest.customerId,
  items: [
    {
      sku: "MUG-001",
      name: "Mug, as it was called then",
      quantity: 2,
      unitPrice: { amount: 1_299, currency: "EUR" },
      lineTotal: { amount: 2_598, currency: "EUR" },
    },
  ],
  total: { amount: 2_598, currency: "EUR" },
  paymentReference: orderRequest.paymentReference,
  placedAt: "2026-11-01T12:00:00.000Z",
} satisfies StoredOrder;

/** The item of the key that the order came with. */
export const storedKey = {
  names: storedOrder.orderId,
  fingerprint: createHash("sha256").update(canonical(orderRequest)).digest("hex"),
} satisfies StoredKey;
