import * as z from "zod";
import { OrderCancelled, OrderPlaced, OrderRejected, ShipmentBooked } from "../contracts/events.ts";
import { StoredOrder } from "../contracts/order.ts";
import { consumer, email, ledger, sms, table, type Outcome } from "../runtime/define/consumer.ts";
import { messageFor } from "./notifications/messages.ts";

/**
 * Tells the customer: an e-mail on each event, and an SMS when the shipment is booked to whoever gave a number and said
 * yes. The effects ledger keeps a repeated delivery from telling twice.
 */
export default consumer({
  module: import.meta,
  on: [OrderPlaced, OrderRejected, OrderCancelled, ShipmentBooked],
  uses: { orders: table("get"), effects: ledger("once"), mail: email("send"), text: sms("send") },
  settings: z.strictObject({
    /** The sender's address, verified in SES. Left out, no e-mail is sent and each is recorded as not sent. */
    from: z.email().optional(),
    /** Whether SMS are sent. Default false. */
    sms: z.boolean().default(false),
  }),

  sandboxed: ({ from }) =>
    from === undefined ? "no e-mail is sent; set `from` to an address that is verified in SES" : undefined,

  async handle(event, { orders, effects, mail, text, log }) {
    const orderId = event.subject;
    const found = await orders.get({ orderId, entry: "order" });
    if (!found) throw new Error("the order is not there");
    const order = StoredOrder.parse(found);
    const { customer } = order;
    const message = messageFor(event, order);

    const mailed = await effects.once("email", () => mail.send({ to: customer.email, orderId, ...message }));
    if (mailed) report("e-mail", mailed);

    const { phone } = customer;
    if (event.type !== "shipment.booked" || phone === undefined || !customer.smsConsent) return;
    const texted = await effects.once("sms", () => text.send({ to: phone, orderId, text: message.subject }));
    if (texted) report("SMS", texted);

    function report(what: string, { outcome, reason }: Outcome): void {
      if (outcome === "refused") log.warn(`${what} refused`, { reason });
      else log.info(`${what} ${outcome}`, { reason });
    }
  },
});
