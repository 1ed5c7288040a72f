import { createHash, randomUUID } from "node:crypto";
import { OrderPlaced } from "../contracts/events.ts";
import { OrderRequest } from "../contracts/order.ts";
import { contactKey, orderKey, type StoredContact, type StoredOrder } from "../contracts/orders-table.ts";
import { Problem } from "../contracts/problems.ts";
import { CatalogueItem } from "../contracts/stock.ts";
import { idempotencyKey } from "./place-order/idempotency-key.ts";
import { price } from "./place-order/pricing.ts";
import { route, table } from "../runtime/index.ts";
import { loadOrder, placedView } from "./orders.ts";

/**
 * `POST /orders`: prices the lines from the catalogue, and writes order, contact and `order.placed` in one transaction.
 * With an Idempotency-Key the order's id is made from it, so that the same key finds the same order.
 */
export default route({
  module: import.meta,
  body: OrderRequest,
  emits: [OrderPlaced],
  uses: { orders: table("get", "put"), stock: table("getMany") },

  async handle({ body, headers }, { orders, stock, emit, transact, log }) {
    const key = idempotencyKey(headers["idempotency-key"]);
    const orderId = key === undefined ? randomUUID() : uuidOf(body.customerId ?? "", key);
    const fingerprint = sha256(canonical(body)).toString("hex");
    const replay = async () => {
      const stored = await loadOrder(orders, orderId);
      return stored && replayed(stored, fingerprint);
    };

    const before = key !== undefined && (await replay());
    if (before) return before;

    const catalogue = await stock.getMany(body.items.map(({ sku }) => ({ sku })));
    const { items, total } = price(body, CatalogueItem.array().parse(catalogue));
    const order: StoredOrder = {
      orderId,
      status: "placed",
      customerId: body.customerId ?? `c-${randomUUID()}`,
      items,
      total,
      ...(body.paymentReference !== undefined && { paymentReference: body.paymentReference }),
      placedAt: new Date().toISOString(),
      fingerprint,
    };
    const { customer, shippingAddress } = body;
    const contact: StoredContact = { orderId, customer, shippingAddress };
    const lines = items.map(({ sku, quantity, unitPrice, lineTotal }) => ({ sku, quantity, unitPrice, lineTotal }));
    const refused = await transact([
      orders.put({ Item: { ...order, ...orderKey(orderId) }, ConditionExpression: "attribute_not_exists(orderId)" }),
      orders.put({ Item: { ...contact, ...contactKey(orderId) } }),
      emit(OrderPlaced, orderId, { customerId: order.customerId, lines, total }),
    ]);
    if (refused.length > 0) {
      // Another request with the same key was faster: its answer is ours.
      const after = await replay();
      if (after) return after;
      throw new Error("the order was refused by its condition, and is not there");
    }

    log.info("placed", { orderId, lines: items.length, total: total.amount, currency: total.currency });
    return created(order);
  },
});

function created(order: StoredOrder, headers: Record<string, string> = {}) {
  return { statusCode: 201, headers: { location: `/orders/${order.orderId}`, ...headers }, body: placedView(order) };
}

/** The first answer again, byte for byte, whatever the catalogue says now. */
function replayed(order: StoredOrder, fingerprint: string) {
  if (order.fingerprint !== fingerprint) {
    throw new Problem("idempotency-key-reused", "This Idempotency-Key belongs to an order with another body.");
  }
  return created(order, { "idempotency-replayed": "true" });
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

/** A UUID of version 8 (RFC 9562, section 5.8) made of a hash of customer and key: each customer has keys of their own. */
function uuidOf(customerId: string, key: string): string {
  const bytes = sha256(JSON.stringify(["order", customerId, key])).subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** JSON with the keys of every object in order: the same text for the same request. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
