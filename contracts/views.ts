import * as z from "zod";
import { OrderItem, OrderStatus } from "./order.ts";
import { StoredOrder } from "./orders-table.ts";
import { PastMoney } from "./text.ts";

const placed = {
  orderId: z.uuid(),
  customerId: z.string(),
  items: z.array(OrderItem),
  total: PastMoney,
  placedAt: z.iso.datetime(),
};

/** The order as it was placed: the answer of `POST /orders`, whatever has become of it since. */
export const PlacedView = z.strictObject({ ...placed, status: z.literal("placed") });
export type PlacedView = z.output<typeof PlacedView>;

/** The order with its present status. */
export const StatusView = z.strictObject({ ...placed, status: OrderStatus });
export type StatusView = z.output<typeof StatusView>;

/** The order with all that has happened to it. Never contact data. */
export const OrderView = StatusView.extend({
  /** Oldest first. */
  timeline: z.array(z.strictObject({ type: z.string(), at: z.iso.datetime() })),
  shipment: StoredOrder.shape.shipment,
});
export type OrderView = z.output<typeof OrderView>;
