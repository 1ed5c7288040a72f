import { createHash } from "node:crypto";
import * as z from "zod";
import { OrderConfirmed, OrderReleased, ShipmentBooked, ShipmentRefused } from "../contracts/events.ts";
import type { StoredContact, StoredOrder } from "../contracts/orders-table.ts";
import { SecretName } from "../contracts/secrets.ts";
import { text } from "../contracts/text.ts";
import { consumer, https, secret, table, type Ports } from "../runtime/index.ts";
import { end, loadOrder, loadOrderAndContact, moveTo } from "./orders.ts";

type HttpsRequest = Parameters<Ports["https"]["request"]>[1];
const Booking = z.object({ carrier: text(80), trackingNumber: text(80) });
type Booking = z.output<typeof Booking>;

/**
 * Books a confirmed order with the carrier; the idempotency key is the order's id. A final refusal puts the order on
 * hold for a person, and so does an address that has been erased; any other failure is thrown, and tried again.
 */
export default consumer({
  module: import.meta,
  on: [OrderConfirmed, OrderReleased],
  emits: [ShipmentBooked, ShipmentRefused],
  readsFirst: true,
  uses: { orders: table("get", "getMany", "update"), carrier: https("request"), credential: secret("get") },
  settings: z.strictObject({
    /** Where the carrier's API is. Left out, the sandbox carrier books everything, without a call. */
    url: z.url({ protocol: /^https$/ }).optional(),
    /** The secret that the carrier's API wants, as a bearer token; `npm run secret` sets it. Default none. */
    credential: SecretName.optional(),
  }),

  sandboxed: ({ url }) =>
    url === undefined ? "the sandbox carrier books every shipment; set `url` to your carrier's API" : undefined,

  async handle({ subject: orderId }, { orders, carrier, credential, settings: { url }, emit, transact, log }) {
    const { order, contact } = await loadOrderAndContact(orders, orderId);
    // An earlier delivery may have booked it before the customer cancelled: the carrier knows.
    if (order.status === "cancelled") return cancelBooking();
    if (order.status !== "confirmed")
      return log.info("nothing to do: the order has moved on", { status: order.status });

    const { customerId, attempt = 1 } = order;
    const booked = contact ? await book(order, contact) : { refused: "erased" };
    if ("refused" in booked) {
      const refused = await transact([
        orders.update(moveTo(orderId, "on-hold", { onHoldSince: new Date().toISOString() })),
        // The event's own condition keeps a late delivery of an earlier attempt from holding the order again.
        emit(ShipmentRefused, orderId, { customerId, carrier: hostOf(url), reason: booked.refused }, attempt),
      ]);
      if (refused.length > 0) return log.info("nothing to do: the order has moved on");
      return log.warn("the shipment was refused: a person has to decide", { reason: booked.refused });
    }

    const shipment: Booking = { carrier: booked.carrier, trackingNumber: booked.trackingNumber };
    const refused = await transact([
      ...end(orders, orderId, "shipping", { shipment }),
      emit(ShipmentBooked, orderId, { customerId, ...shipment }),
    ]);
    if (refused.length === 0) return log.info("booked", shipment);

    // Another delivery was faster, or the customer has cancelled meanwhile: only then must the booking go.
    const now = await loadOrder(orders, orderId);
    if (now?.status === "cancelled") await cancelBooking();

    async function book(
      { items }: StoredOrder,
      { customer, shippingAddress }: StoredContact,
    ): Promise<Booking | { refused: string }> {
      if (url === undefined) return { carrier: "Sandbox", trackingNumber: sandboxNumber(orderId) };
      const { status, body } = await ask(`${url}/shipments`, {
        method: "POST",
        headers: { "idempotency-key": attempt === 1 ? orderId : `${orderId}/${attempt}` },
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

    /** Asks the carrier. When it refuses the credential, that may have been changed since it was read: once more with it. */
    async function ask(target: string, request: HttpsRequest): Promise<{ status: number; body: unknown }> {
      const token = await credential.get();
      const answer = await carrier.request(target, authorized(request, token));
      if (answer.status !== 401 || token === undefined) return answer;
      const renewed = await credential.get({ fresh: true });
      return renewed === token ? answer : carrier.request(target, authorized(request, renewed));
    }

    async function cancelBooking(): Promise<void> {
      if (url === undefined) return log.info("booking cancelled");
      const { status } = await ask(`${url}/shipments/${orderId}`, { method: "DELETE" });
      // A carrier answers 404 for a shipment that was never booked, or that is cancelled already.
      if (status !== 404 && status >= 300) throw new Error(`the carrier answered ${status} to the cancelling`);
      log.info("booking cancelled");
    }
  },
});

/** Statuses that reject this shipment for good. All others blame the moment, our credentials or our URL. */
const isFinal = (status: number): boolean => [400, 413, 422].includes(status);

const authorized = (request: HttpsRequest, token: string | undefined): HttpsRequest =>
  token === undefined ? request : { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } };

const hostOf = (url: string | undefined): string => (url === undefined ? "sandbox" : new URL(url).host);

/** The same number for the same order, as an idempotent carrier gives it. */
const sandboxNumber = (orderId: string): string =>
  `SB${BigInt(`0x${createHash("sha256").update(orderId).digest("hex").slice(0, 12)}`) % 10_000_000_000n}`;
