import { createHash, randomUUID } from "node:crypto";
import { OrderPlaced } from "../contracts/events.ts";
import { OrderRequest } from "../contracts/order.ts";
import {
  contactKey,
  keyKey,
  orderKey,
  StoredKey,
  type StoredContact,
  type StoredOrder,
} from "../contracts/orders-table.ts";
import { Problem } from "../contracts/problems.ts";
import { ownerOf } from "./callers.ts";
import { idempotencyKey, keyHash } from "./place-order/idempotency-key.ts";
import { price } from "./place-order/pricing.ts";
import { route, table } from "../runtime/index.ts";
import { linesOf, loadOrder, placedView } from "./orders.ts";

/**
 * `POST /orders`: prices the lines from the catalogue, and writes order, contact and `order.placed` in one transaction.
 * With an Idempotency-Key, an item that names the order is part of it: the same key finds the same order, and the item's
 * condition decides between requests that come at once.
 */
export default route({
  module: import.meta,
  scopes: ["orders:write", "orders:service"],
  body: OrderRequest,
  emits: [OrderPlaced],
  uses: { orders: table("get", "put"), stock: table("getMany") },
  variables: ["CONTACT_DAYS"],

  async handle({ body, caller, headers }, { orders, stock, emit, transact, env, log }) {
    const sent = idempotencyKey(headers["idempotency-key"]);
    const customerId = ownerOf(caller, body.customerId);
    const sender = { issuer: caller?.issuer, customerId: caller?.subject ?? body.customerId };
    const hash = sent === undefined ? undefined : keyHash({ ...sender, key: sent });
    const fingerprint = sha256(canonical(body));

    const before = await replay();
    if (before) return before;

    const catalogue = await stock.getMany(body.items.map(({ sku }) => ({ sku })));
    const { items, total } = price(body, catalogue, log);
    const orderId = randomUUID();
    const order: StoredOrder = {
      orderId,
      status: "placed",
      customerId,
      items,
      total,
      ...(body.paymentReference !== undefined && { paymentReference: body.paymentReference }),
      placedAt: new Date().toISOString(),
      ...(hash !== undefined && { keyHash: hash }),
    };
    const { customer, shippingAddress } = body;
    const contact: StoredContact = { orderId, customer, shippingAddress, keptSeconds: env.CONTACT_DAYS * 24 * 3_600 };
    const named: StoredKey = { names: orderId, fingerprint };
    const lines = linesOf(items);
    const refused = await transact([
      ...(hash === undefined
        ? []
        : [orders.put({ Item: { ...named, ...keyKey(hash) }, ConditionExpression: "attribute_not_exists(orderId)" })]),
      orders.put({ Item: { ...order, ...orderKey(orderId) } }),
      orders.put({ Item: { ...contact, ...contactKey(orderId) } }),
      emit(OrderPlaced, orderId, { customerId, lines, total }),
    ]);
    if (refused.length > 0) {
      // Another request with the same key was faster: its answer is ours.
      const after = await replay();
      if (after) return after;
      throw new Error("the order was refused by its condition, and its key names none");
    }

    log.info("placed", { orderId, lines: items.length, total: total.amount, currency: total.currency });
    return created(order);

    /** The first answer again, byte for byte, whatever the catalogue says now; nothing for a key that is new. */
    async function replay() {
      const item = hash === undefined ? undefined : await orders.get(keyKey(hash));
      if (!item) return undefined;
      const { names, fingerprint: first } = StoredKey.parse(item);
      if (first !== fingerprint) {
        throw new Problem("idempotency-key-reused", "This Idempotency-Key belongs to an order with another body.");
      }
      const stored = await loadOrder(orders, names);
      if (!stored) throw new Error("the order that the key names is not there");
      return created(stored, { "idempotency-replayed": "true" });
    }
  },
});

function created(order: StoredOrder, headers: Record<string, string> = {}) {
  return { statusCode: 201, headers: { location: `/orders/${order.orderId}`, ...headers }, body: placedView(order) };
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** JSON with the keys of every object in order: the same text for the same request. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
