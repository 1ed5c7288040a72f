import type { OrderStatus } from "../contracts/order.ts";

/**
 * The update of an order that moves it on to a status, if it is still in one of the statuses it may come from. Other
 * attributes are set along with it.
 */
export function fromStatus(
  orderId: string,
  from: readonly OrderStatus[],
  set: { readonly status: OrderStatus } & Readonly<Record<string, unknown>>,
) {
  const names = Object.keys(set);
  return {
    Key: { orderId, entry: "order" },
    UpdateExpression: `SET ${names.map((_, index) => `#n${index} = :v${index}`).join(", ")}`,
    ConditionExpression: `#status IN (${from.map((_, index) => `:f${index}`).join(", ")})`,
    ExpressionAttributeNames: {
      "#status": "status",
      ...Object.fromEntries(names.map((name, index) => [`#n${index}`, name])),
    },
    ExpressionAttributeValues: {
      ...Object.fromEntries(names.map((name, index) => [`:v${index}`, set[name]])),
      ...Object.fromEntries(from.map((status, index) => [`:f${index}`, status])),
    },
  };
}
