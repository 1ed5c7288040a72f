import { isOrderId, placedView, StoredOrder } from "../contracts/order.ts";
import { Problem } from "../contracts/problems.ts";
import { route, table } from "../runtime/define/route.ts";

/** `GET /orders/{orderId}`: the order with its present status and its timeline. Never contact data. */
export default route({
  module: import.meta,
  uses: { orders: table("query") },

  async handle({ pathParameters: { orderId = "" } }, { orders }) {
    if (!isOrderId(orderId)) throw new Problem("not-found", "There is no such order.");
    const entries = await orders.query({
      KeyConditionExpression: "orderId = :id",
      ExpressionAttributeValues: { ":id": orderId },
    });
    const found = entries.find(({ entry }) => entry === "order");
    if (!found) throw new Problem("not-found", "There is no such order.");

    const order = StoredOrder.parse(found);
    const timeline = entries
      .filter(({ entry }) => entry !== "order")
      .map(({ entry, at }) => ({ type: String(entry).replace(/^event#/, ""), at: String(at) }))
      .sort((a, b) => (a.at < b.at ? -1 : 1));
    return {
      statusCode: 200,
      body: {
        ...placedView(order),
        status: order.status,
        timeline,
        ...(order.shipment && { shipment: order.shipment }),
      },
    };
  },
});
