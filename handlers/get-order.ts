import { isOrderId } from "../contracts/order.ts";
import { orderAndEvents, splitEntries, timelineOf } from "../contracts/orders-table.ts";
import { Problem } from "../contracts/problems.ts";
import { route, table } from "../runtime/index.ts";
import { placedView } from "./orders.ts";

/** `GET /orders/{orderId}`: the order with its present status and its timeline. Contact data is not even read. */
export default route({
  module: import.meta,
  scopes: ["orders:read", "orders:service"],
  uses: { orders: table("query") },

  async handle({ pathParameters: { orderId = "" } }, { orders }) {
    const { order, events } = splitEntries(isOrderId(orderId) ? await orders.query(orderAndEvents(orderId)) : []);
    if (!order) throw new Problem("not-found", "There is no such order.");
    return {
      statusCode: 200,
      body: {
        ...placedView(order),
        status: order.status,
        timeline: timelineOf(events),
        ...(order.shipment && { shipment: order.shipment }),
      },
    };
  },
});
