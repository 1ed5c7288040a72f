import { OrderCancelled } from "../contracts/events.ts";
import type { StoredOrder } from "../contracts/orders-table.ts";
import { Problem } from "../contracts/problems.ts";
import type { StatusView } from "../contracts/views.ts";
import { route, table } from "../runtime/index.ts";
import { end, loadVisible, placedView } from "./orders.ts";

/**
 * `POST /orders/{orderId}/cancel`: while the order is not yet shipping. The status decides, by condition; the stock
 * comes back by the event. Cancelling a cancelled order again answers the same.
 */
export default route({
  module: import.meta,
  scopes: ["orders:write", "orders:service"],
  emits: [OrderCancelled],
  uses: { orders: table("get", "update") },

  async handle({ caller, pathParameters: { orderId = "" } }, { orders, emit, transact, log }) {
    const before = await loadVisible(orders, orderId, caller);
    const refused = await transact([
      ...end(orders, orderId, "cancelled"),
      emit(OrderCancelled, orderId, { customerId: before.customerId }),
    ]);
    if (refused.length === 0) {
      log.info("cancelled", { orderId, was: before.status });
      return cancelled(before);
    }
    // The status does not allow it, or the order is cancelled already.
    const now = await loadVisible(orders, orderId, caller);
    if (now.status === "cancelled") return cancelled(now);
    throw new Problem("conflict", `The order is ${now.status} and can no longer be cancelled.`);
  },
});

const cancelled = (order: StoredOrder) => ({
  statusCode: 200,
  body: { ...placedView(order), status: "cancelled" } satisfies StatusView,
});
