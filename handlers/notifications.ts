import * as z from "zod";
import { OrderCancelled, OrderPlaced, OrderRejected, ShipmentBooked } from "../contracts/events.ts";
import type { Outcome } from "../contracts/ledger.ts";
import { consumer, email, ledger, sms, table } from "../runtime/index.ts";
import { messageFor } from "./notifications/messages.ts";
import { loadOrderAndContact } from "./orders.ts";

/**
 * Notifies the customer: an e-mail on each event, and an SMS when the shipment is booked if the customer gave a number
 * and consented. The effects ledger keeps a repeated delivery from sending a second message.
 */
export default consumer({
  module: import.meta,
  on: [OrderPlaced, OrderRejected, OrderCancelled, ShipmentBooked],
  // SES admits few e-mails a second: two batches at the same time, one e-mail after the other in each, are enough.
  concurrency: 1,
  uses: { orders: table("getMany"), effects: ledger("once"), mail: email("send"), text: sms("send") },
  settings: z.strictObject({
    /** The sender's address, verified in SES. Left out, no e-mail is sent and each is recorded as not sent. */
    from: z.email().optional(),
    /**
     * The SES configuration set that every e-mail names, which counts bounces and complaints. Left out, the stack makes one.
     * An e-mail that names none would use the identity's default, if there is one, which the function may not use.
     */
    configurationSet: z
      .string()
      .regex(/^[\w-]{1,64}$/, "must be a configuration set's name: 1 to 64 letters, digits, _ and -")
      .optional(),
    /** Whether SMS are sent. Default false. */
    sms: z.boolean().default(false),
  }),

  sandboxed: ({ from }) =>
    from === undefined ? "no e-mail is sent; set `from` to an address that is verified in SES" : undefined,

  async handle(event, { orders, effects, mail, text, log }) {
    const orderId = event.subject;
    const { order, contact } = await loadOrderAndContact(orders, orderId);
    if (!contact) return record("e-mail", await effects.once("email", async () => ERASED));
    const { customer } = contact;
    const message = messageFor(event, order, customer.name);
    const tags = { orderId };

    record("e-mail", await effects.once("email", () => mail.send({ to: customer.email, tags, ...message })));

    const { phone } = customer;
    if (event.type !== "shipment.booked" || phone === undefined || !customer.smsConsent) return;
    record("SMS", await effects.once("sms", () => text.send({ to: phone, tags, text: message.subject })));

    /** Logs what came of it now, if anything did. */
    function record(what: string, now: Outcome | undefined): void {
      if (now?.outcome === "refused") log.warn(`${what} refused`, { reason: now.reason });
      else if (now) log.info(`${what} ${now.outcome}`, { reason: now.reason });
    }
  },
});

/** What is recorded where the customer's data is no longer there. */
const ERASED: Outcome = { outcome: "not-sent", reason: "erased" };
