import { isOrderId, statusesBefore, type EndStatus, type OrderStatus } from "../contracts/order.ts";
import {
  contactKey,
  orderKey,
  ORDERS_TTL,
  splitEntries,
  StoredOrder,
  type StoredContact,
} from "../contracts/orders-table.ts";
import { Problem } from "../contracts/problems.ts";
import type { PlacedView } from "../contracts/views.ts";
import type { Caller, Ports } from "../runtime/index.ts";
import { isService } from "./callers.ts";

/** An event names an order that is not in the table. It is thrown, so that the message comes again. */
export class OrderNotFound extends Error {
  override readonly name = "OrderNotFound";
  constructor(orderId: string) {
    super(`order ${orderId} is not in the orders table`);
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
 * Reads the order of an event, together with those of the batch's other events.
 * @throws OrderNotFound
 */
export async function loadOrderOfBatch(orders: Pick<Ports["table"], "getMany">, orderId: string): Promise<StoredOrder> {
  const [item] = await orders.getMany([orderKey(orderId)]);
  if (!item) throw new OrderNotFound(orderId);
  return StoredOrder.parse(item);
}

/**
 * The order, if the caller may know of it.
 * @throws Problem `not-found`, the same for an order that is not there and for another customer's.
 */
export function visibleTo(caller: Caller | undefined, order: StoredOrder | undefined): StoredOrder {
  const visible = order && (caller === undefined || isService(caller) || caller.subject === order.customerId);
  if (!visible) throw new Problem("not-found", "There is no such order.");
  return order;
}

/**
 * Reads an order that a caller names, if the caller may know of it.
 * @throws Problem `not-found`, as `visibleTo` does.
 */
export const loadVisible = async (
  orders: Pick<Ports["table"], "get">,
  orderId: string,
  caller: Caller | undefined,
): Promise<StoredOrder> => visibleTo(caller, isOrderId(orderId) ? await loadOrder(orders, orderId) : undefined);

/**
 * Reads an order and its contact, in one call with those of the batch's other events. They are written together: an
 * order without a contact is one whose contact has been erased since, and then there is nobody to write or to ship to.
 * @throws OrderNotFound
 */
export async function loadOrderAndContact(
  orders: Pick<Ports["table"], "getMany">,
  orderId: string,
): Promise<{ order: StoredOrder; contact: StoredContact | undefined }> {
  const { order, contact } = splitEntries(await orders.getMany([orderKey(orderId), contactKey(orderId)]));
  if (!order) throw new OrderNotFound(orderId);
  return { order, contact };
}

type Also = Partial<Omit<StoredOrder, "orderId" | "status">>;

/** What must hold beside the table of transitions: one status of those before, and the very hold that was seen. */
interface Only {
  readonly from?: OrderStatus;
  readonly onHoldSince?: string | undefined;
}

/**
 * The update that moves an order on to a status, if it is in one of the statuses that the table of transitions lets come
 * before it. `also` is set along with the status. What ends an order is `end`.
 */
export const moveTo = (orderId: string, to: Exclude<OrderStatus, EndStatus>, also?: Also, only?: Only) =>
  move(orderId, to, also, only);

/**
 * The writes that end an order: the move to its last status, first, and from now on its contact's days are counted. If the
 * contact has been erased, what the second write leaves has no personal data and expires as well.
 */
export function end(orders: Pick<Ports["table"], "update">, orderId: string, to: EndStatus, also?: Also, only?: Only) {
  const expire = {
    Key: contactKey(orderId),
    UpdateExpression: "SET #expires = :now + if_not_exists(keptSeconds, :usual)",
    ExpressionAttributeNames: { "#expires": ORDERS_TTL },
    ExpressionAttributeValues: { ":now": Math.floor(Date.now() / 1_000), ":usual": USUAL_SECONDS },
  };
  return [orders.update(move(orderId, to, also, only)), orders.update(expire)] as const;
}

/** For the contacts that were stored without `keptSeconds`: 90 days. */
const USUAL_SECONDS = 90 * 24 * 3_600;

function move(orderId: string, to: OrderStatus, also: Also = {}, only: Only = {}) {
  const set = Object.entries({ status: to, ...also });
  const from = only.from ? [only.from] : statusesBefore(to);
  const since = only.onHoldSince;
  return {
    Key: orderKey(orderId),
    UpdateExpression: `SET ${set.map((_, index) => `#n${index} = :v${index}`).join(", ")}${also.onHoldSince === undefined ? " REMOVE onHoldSince" : ""}`,
    ConditionExpression: `#status IN (${from.map((_, index) => `:f${index}`).join(", ")})${since === undefined ? "" : " AND onHoldSince = :since"}`,
    ExpressionAttributeNames: {
      "#status": "status",
      ...Object.fromEntries(set.map(([name], index) => [`#n${index}`, name])),
    },
    ExpressionAttributeValues: {
      ...Object.fromEntries(set.map(([, value], index) => [`:v${index}`, value])),
      ...Object.fromEntries(from.map((status, index) => [`:f${index}`, status])),
      ...(since !== undefined && { ":since": since }),
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

/** An order's lines as its events carry them: without the names that the catalogue had. */
export const linesOf = (items: StoredOrder["items"]) =>
  items.map(({ sku, quantity, unitPrice, lineTotal }) => ({ sku, quantity, unitPrice, lineTotal }));

/** The order as it was placed, as the API shows it: never contact data. */
export const placedView = ({ orderId, customerId, items, total, placedAt }: StoredOrder): PlacedView => ({
  orderId,
  status: "placed",
  customerId,
  items,
  total,
  placedAt,
});
