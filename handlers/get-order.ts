import { isOrderId } from "../contracts/order.ts";
import { orderAndEvents, splitEntries, timelineOf } from "../contracts/orders-table.ts";
import type { OrderView } from "../contracts/views.ts";
import { route, table } from "../runtime/index.ts";
import { placedView, visibleTo } from "./orders.ts";

/** `GET /orders/{orderId}`: the order with its present status and its timeline. Contact data is not even read. */
export default route({
  module: import.meta,
  scopes: ["orders:read", "orders:service"],
  uses: { orders: table("query") },

  async handle({ caller, pathParameters: { orderId = "" } }, { orders }) {
    const { order: found, events } = splitEntries(
      isOrderId(orderId) ? await orders.query(orderAndEvents(orderId)) : [],
    );
    const order = visibleTo(caller, found);
    return {
      statusCode: 200,
      body: {
        ...placedView(order),
        status: order.status,
        timeline: timelineOf(events).map(({ type, at }) => ({ type, at })),
        ...(order.shipment && { shipment: order.shipment }),
      } satisfies OrderView,
    };
  },
});
