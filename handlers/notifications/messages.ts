import { occurrenceOf, type EventOf } from "../../contracts/cloud-event.ts";
import type { OrderCancelled, OrderPlaced, OrderRejected, ShipmentBooked } from "../../contracts/events.ts";
import type { StoredOrder } from "../../contracts/orders-table.ts";
import { fractionDigits, type Money } from "../../contracts/text.ts";

type Notified = EventOf<typeof OrderPlaced | typeof OrderRejected | typeof OrderCancelled | typeof ShipmentBooked>;

/**
 * The message that a customer gets about an event. None where the stored order has not come to what the event says: an
 * event is only as good as whoever can send to the queue.
 */
export function messageFor(
  event: Notified,
  { orderId, status, items, total, shipment, cancelledBecause }: StoredOrder,
  name: string,
): { subject: string; text: string } | undefined {
  // Each of these happens to an order once.
  if (occurrenceOf(event) !== 1) return undefined;
  const number = orderId.slice(0, 8).toUpperCase();
  const lines = items.map(({ name, quantity, lineTotal }) => `  ${quantity} x ${name}: ${format(lineTotal)}`);
  const write = (subject: string, ...paragraphs: string[]) => ({
    subject,
    text: [`Hello ${name},`, ...paragraphs, `Your order number is ${orderId}.`].join("\n\n"),
  });
  switch (event.type) {
    case "order.placed":
      return write(
        `We have received your order ${number}`,
        "thank you for your order:",
        `${lines.join("\n")}\n  Total: ${format(total)}`,
        "We are checking that everything is in stock and will tell you when it is on its way.",
      );
    case "order.rejected": {
      if (status !== "rejected") return undefined;
      const short = new Set(event.data.shortages.map(({ sku }) => sku));
      const names = items.filter(({ sku }) => short.has(sku)).map(({ name }) => name);
      return write(
        `We cannot fulfil your order ${number}`,
        `we are sorry: we do not have enough of ${names.join(", ")}.`,
        "Nothing was sent, and nothing will be charged.",
      );
    }
    case "order.cancelled":
      if (status !== "cancelled") return undefined;
      return write(
        `Your order ${number} is cancelled`,
        cancelledBecause === "on-hold"
          ? "we are sorry: our carrier cannot deliver to the address that we have, so we have cancelled your order. Nothing will be sent."
          : "as you asked, we have cancelled your order. Nothing will be sent.",
      );
    case "shipment.booked":
      if (!shipment) return undefined;
      return write(
        `Your order ${number} is on its way: ${shipment.trackingNumber}`,
        `${shipment.carrier} is bringing your order. Its tracking number is ${shipment.trackingNumber}.`,
      );
  }
}

/** Minor units as people read them, with as many digits behind the point as ISO 4217 gives the currency. */
function format({ amount, currency }: Money): string {
  const digits = fractionDigits(currency);
  const options = {
    style: "currency",
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  } as const;
  return new Intl.NumberFormat("en-GB", options).format(amount / 10 ** digits);
}
