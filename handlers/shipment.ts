import { createHash } from "node:crypto";
import * as z from "zod";
import { OrderConfirmed, ShipmentBooked, ShipmentRefused } from "../contracts/events.ts";
import { statusesBefore, StoredOrder } from "../contracts/order.ts";
import { text } from "../contracts/text.ts";
import { consumer, https, table } from "../runtime/define/consumer.ts";
import { fromStatus } from "./orders.ts";

const Booking = z.object({ carrier: text(80), trackingNumber: text(80) });
type Booking = z.output<typeof Booking>;

/**
 * Books a confirmed order with the carrier; the idempotency key is the order's id. What the carrier refuses for good
 * puts the order on hold for a person; what it cannot do right now is thrown, and tried again.
 */
export default consumer({
  module: import.meta,
  on: [OrderConfirmed],
  emits: [ShipmentBooked, ShipmentRefused],
  uses: { orders: table("get", "update"), carrier: https("request") },
  settings: z.strictObject({
    /** Where the carrier's API is. Left out, the sandbox carrier books everything, without a call. */
    url: z.url({ protocol: /^https$/ }).optional(),
  }),

  sandboxed: ({ url }) =>
    url === undefined ? "the sandbox carrier books every shipment; set `url` to your carrier's API" : undefined,

  async handle(
    { subject: orderId, data: { customerId } },
    { orders, carrier, settings: { url }, emit, transact, log },
  ) {
    const found = await orders.get({ orderId, entry: "order" });
    if (!found) throw new Error("the order is not there");
    const order = StoredOrder.parse(found);
    // An earlier delivery may have booked it before the customer cancelled: the carrier knows.
    if (order.status === "cancelled") return cancelBooking();
    if (order.status !== "confirmed")
      return log.info("nothing to do: the order has moved on", { status: order.status });

    const booked = await book(order);
    if ("refused" in booked) {
      const refused = await transact([
        orders.update(fromStatus(orderId, statusesBefore("on-hold"), { status: "on-hold" })),
        emit(ShipmentRefused, orderId, { customerId, carrier: hostOf(url), reason: booked.refused }),
      ]);
      if (refused.length > 0) return log.info("nothing to do: the order has moved on");
      return log.warn("the carrier refused the shipment: a person has to decide", { reason: booked.refused });
    }

    const shipment: Booking = { carrier: booked.carrier, trackingNumber: booked.trackingNumber };
    const refused = await transact([
      orders.update(fromStatus(orderId, statusesBefore("shipping"), { status: "shipping", shipment })),
      emit(ShipmentBooked, orderId, { customerId, ...shipment }),
    ]);
    if (refused.length === 0) return log.info("booked", shipment);

    const now = await orders.get({ orderId, entry: "order" });
    if (now?.["status"] === "cancelled") await cancelBooking();

    async function book({ items, customer, shippingAddress }: StoredOrder): Promise<Booking | { refused: string }> {
      if (url === undefined) return { carrier: "Sandbox", trackingNumber: sandboxNumber(orderId) };
      const { status, body } = await carrier.request(`${url}/shipments`, {
        method: "POST",
        headers: { "idempotency-key": orderId },
        body: {
          orderId,
          recipient: { name: customer.name, phone: customer.phone },
          address: shippingAddress,
          parcels: items.map(({ sku, name, quantity }) => ({ sku, name, quantity })),
        },
      });
      if (status === 200 || status === 201) return Booking.parse(body);
      if (isFinal(status)) return { refused: `HTTP ${status}` };
      throw new Error(`the carrier answered ${status}`);
    }

    async function cancelBooking(): Promise<void> {
      if (url === undefined) return log.info("booking cancelled");
      const { status } = await carrier.request(`${url}/shipments/${orderId}`, { method: "DELETE" });
      // Not found is what a shipment that was never booked answers, and a second cancelling.
      if (status !== 404 && status >= 300) throw new Error(`the carrier answered ${status} to the cancelling`);
      log.info("booking cancelled");
    }
  },
});

/** What says that this shipment cannot be; all other statuses say that the moment, our rights or the address is wrong. */
const isFinal = (status: number): boolean => [400, 413, 422].includes(status);

const hostOf = (url: string | undefined): string => (url === undefined ? "sandbox" : new URL(url).host);

/** The same order has the same number, as an idempotent carrier would give it. */
const sandboxNumber = (orderId: string): string =>
  `SB${BigInt(`0x${createHash("sha256").update(orderId).digest("hex").slice(0, 12)}`) % 10_000_000_000n}`;
