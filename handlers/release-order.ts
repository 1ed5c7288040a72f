import { OrderReleased } from "../contracts/events.ts";
import { ReleaseRequest } from "../contracts/order.ts";
import { contactKey } from "../contracts/orders-table.ts";
import { Problem } from "../contracts/problems.ts";
import type { StatusView } from "../contracts/views.ts";
import { route, table } from "../runtime/index.ts";
import { loadOrder, loadVisible, moveTo, placedView } from "./orders.ts";

/**
 * `POST /orders/{orderId}/release`: lets an order go that is on hold, to the address of the body or else to the one that
 * it has. The address, the status and the event that has the shipment booked again are one transaction.
 */
export default route({
  module: import.meta,
  scopes: ["orders:service"],
  body: ReleaseRequest,
  emits: [OrderReleased],
  uses: { orders: table("get", "update") },

  async handle({ body, caller, pathParameters: { orderId = "" } }, { orders, emit, transact, log }) {
    const order = await loadVisible(orders, orderId, caller);
    const { status, customerId, attempt = 1, onHoldSince } = order;
    const released = orders.update(
      moveTo(orderId, "confirmed", { attempt: attempt + 1 }, { from: "on-hold", onHoldSince }),
    );
    const address = body?.shippingAddress && {
      Key: contactKey(orderId),
      UpdateExpression: "SET shippingAddress = :address",
      ConditionExpression: "attribute_exists(customer)",
      ExpressionAttributeValues: { ":address": body.shippingAddress },
    };
    const refused =
      status === "on-hold"
        ? await transact([
            released,
            emit(OrderReleased, orderId, { customerId }, attempt),
            ...(address ? [orders.update(address)] : []),
          ])
        : [released];
    if (refused.includes(released)) {
      const now = (await loadOrder(orders, orderId))?.status ?? status;
      throw new Problem("conflict", `The order is ${now}: only one that is on hold can be released.`);
    }
    if (refused.length > 0) throw new Problem("conflict", "The order's contact data has been erased.");
    log.info("released", { orderId, attempt: attempt + 1, addressCorrected: address !== undefined });
    return { statusCode: 200, body: { ...placedView(order), status: "confirmed" } satisfies StatusView };
  },
});
