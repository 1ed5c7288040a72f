import { OrderCancelled } from "../contracts/events.ts";
import { isOrderId, placedView, statusesBefore, StoredOrder } from "../contracts/order.ts";
import { Problem } from "../contracts/problems.ts";
import { fromStatus } from "./orders.ts";
import { route, table } from "../runtime/define/route.ts";

/**
 * `POST /orders/{orderId}/cancel`: while the order is not yet shipping. The status decides, by condition; what was taken
 * from the stock comes back by the event. Cancelling a cancelled order again answers the same.
 */
export default route({
  module: import.meta,
  emits: [OrderCancelled],
  uses: { orders: table("get", "update") },

  async handle({ pathParameters: { orderId = "" } }, { orders, emit, transact, log }) {
    if (!isOrderId(orderId)) throw new Problem("not-found", "There is no such order.");
    // A status may move on between the read and the write; what the second read says is then the answer.
    for (let attempt = 0; attempt < 2; attempt++) {
      const found = await orders.get({ orderId, entry: "order" });
      if (!found) throw new Problem("not-found", "There is no such order.");
      const order = StoredOrder.parse(found);
      const cancelled = { statusCode: 200, body: { ...placedView(order), status: "cancelled" as const } };
      if (order.status === "cancelled") return cancelled;
      if (!statusesBefore("cancelled").includes(order.status)) {
        throw new Problem("conflict", `The order is ${order.status} and cannot be cancelled any more.`);
      }
      const refused = await transact([
        orders.update(fromStatus(orderId, [order.status], { status: "cancelled" })),
        emit(OrderCancelled, orderId, { customerId: order.customerId }),
      ]);
      if (refused.length === 0) {
        log.info("cancelled", { orderId, was: order.status });
        return cancelled;
      }
    }
    throw new Problem("conflict", "The order has just changed: ask for it, and try again.");
  },
});
