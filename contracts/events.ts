import * as z from "zod";
import { event } from "./cloud-event.ts";
import { PastMoney } from "./text.ts";

const customerId = z.string();
const lines = z.array(
  z.object({ sku: z.string(), quantity: z.int().positive(), unitPrice: PastMoney, lineTotal: PastMoney }),
);

export const OrderPlaced = event("order.placed", z.object({ customerId, lines, total: PastMoney }), "customerId");
export const OrderConfirmed = event("order.confirmed", z.object({ customerId, lines, total: PastMoney }), "customerId");
export const OrderRejected = event(
  "order.rejected",
  z.object({ customerId, shortages: z.array(z.object({ sku: z.string(), requested: z.int().positive() })) }),
  "customerId",
);
export const OrderCancelled = event("order.cancelled", z.object({ customerId }), "customerId");
export const ShipmentBooked = event(
  "shipment.booked",
  z.object({ customerId, carrier: z.string(), trackingNumber: z.string() }),
  "customerId",
);
export const ShipmentRefused = event(
  "shipment.refused",
  z.object({ customerId, carrier: z.string(), reason: z.string() }),
  "customerId",
);

/** A person let an order go that was on hold, perhaps to another address: its shipment is booked anew. */
export const OrderReleased = event("order.released", z.object({ customerId }), "customerId");

/** Every event of the system: what the topic carries. The subject of each is an order's id. */
export const events = [
  OrderPlaced,
  OrderConfirmed,
  OrderRejected,
  OrderCancelled,
  ShipmentBooked,
  ShipmentRefused,
  OrderReleased,
] as const;

/** This file: inline callbacks load the events' schemas from it inside Lambda. */
export const eventsModule = import.meta;
