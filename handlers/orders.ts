import { statusesBefore, type OrderStatus } from "../contracts/order.ts";
import { contactKey, orderKey, splitEntries, StoredOrder, type StoredContact } from "../contracts/orders-table.ts";
import type { Ports } from "../runtime/index.ts";

/** An event names an order that is not in the table. It is thrown, so that the message comes again. */
export class OrderNotFound extends Error {
  override readonly name = "OrderNotFound";
  constructor(orderId: string) {
    super(`order ${orderId} or its contact is not in the orders table`);
  }
}

/** Reads an order; `undefined` if there is none. */
export async function loadOrder(
  orders: Pick<Ports["table"], "get">,
  orderId: string,
): Promise<StoredOrder | undefined> {
  const item = await orders.get(orderKey(orderId));
  return item && StoredOrder.parse(item);
}

/**
 * Reads an order and its contact, in one call.
 * @throws OrderNotFound
 */
export async function loadOrderAndContact(
  orders: Pick<Ports["table"], "getMany">,
  orderId: string,
): Promise<{ order: StoredOrder; contact: StoredContact }> {
  const { order, contact } = splitEntries(await orders.getMany([orderKey(orderId), contactKey(orderId)]));
  if (!order || !contact) throw new OrderNotFound(orderId);
  return { order, contact };
}

/**
 * The update that moves an order on to a status, if it is in one of the statuses that the table of transitions lets come
 * before it. `also` is set along with the status.
 */
export function moveTo(orderId: string, to: OrderStatus, also: Partial<Omit<StoredOrder, "orderId" | "status">> = {}) {
  const set = Object.entries({ status: to, ...also });
  const from = statusesBefore(to);
  return {
    Key: orderKey(orderId),
    UpdateExpression: `SET ${set.map((_, index) => `#n${index} = :v${index}`).join(", ")}`,
    ConditionExpression: `#status IN (${from.map((_, index) => `:f${index}`).join(", ")})`,
    ExpressionAttributeNames: {
      "#status": "status",
      ...Object.fromEntries(set.map(([name], index) => [`#n${index}`, name])),
    },
    ExpressionAttributeValues: {
      ...Object.fromEntries(set.map(([, value], index) => [`:v${index}`, value])),
      ...Object.fromEntries(from.map((status, index) => [`:f${index}`, status])),
    },
  };
}

/** The update that marks the stock of a cancelled order as given back, if it has taken any and not given it back yet. */
export const markStockReturned = (orderId: string) => ({
  Key: orderKey(orderId),
  UpdateExpression: "SET stockTaken = :no",
  ConditionExpression: "stockTaken = :yes AND #status = :cancelled",
  ExpressionAttributeNames: { "#status": "status" },
  ExpressionAttributeValues: { ":yes": true, ":no": false, ":cancelled": "cancelled" satisfies OrderStatus },
});

/** The order as it was placed, as the API shows it: never contact data. */
export const placedView = ({ orderId, customerId, items, total, placedAt }: StoredOrder) => ({
  orderId,
  status: "placed" as const,
  customerId,
  items,
  total,
  placedAt,
});
