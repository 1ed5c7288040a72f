import * as z from "zod";
import { OrderCancelled, OrderPlaced, OrderRejected, ShipmentBooked } from "../contracts/events.ts";
import type { Outcome } from "../contracts/ledger.ts";
import { countryCode } from "../contracts/text.ts";
import { consumer, email, ledger, sms, table } from "../runtime/index.ts";
import { messageFor } from "./notifications/messages.ts";
import { loadOrderAndContact } from "./orders.ts";

/** At most 200: the ledger keeps the id of each event that counts. */
const perDay = z.union([z.int().min(1).max(200), z.literal(false)]);

/**
 * Notifies the customer: an e-mail on each event, and an SMS when the shipment is booked if the customer gave a number
 * and consented. The effects ledger keeps a repeated delivery from sending a second message, and counts what a recipient
 * gets: whoever orders names the address.
 */
export default consumer({
  module: import.meta,
  on: [OrderPlaced, OrderRejected, OrderCancelled, ShipmentBooked],
  // SES admits few e-mails a second: two batches at the same time, one e-mail after the other in each, are enough.
  concurrency: 1,
  readsFirst: true,
  uses: { orders: table("getMany"), effects: ledger("once", "admits"), mail: email("send"), text: sms("send") },
  settings: z
    .strictObject({
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
      /** The countries that SMS are sent to, such as `[DE, FR]`: whoever orders names the number. Default none. */
      smsCountries: z.array(countryCode).default([]),
      /** E-mails that an address gets in a day (UTC) at most, or `false` for no limit. Default 30. */
      emailsPerDay: perDay.default(30),
      /** SMS that a number gets in a day (UTC) at most, or `false` for no limit. Default 10. */
      smsPerDay: perDay.default(10),
    })
    .refine(({ sms, smsCountries }) => !sms || smsCountries.length > 0, {
      path: ["smsCountries"],
      message: "names the countries that SMS are sent to, such as [DE, FR]: with none, sms sends nothing",
    }),

  sandboxed: ({ from }) =>
    from === undefined ? "no e-mail is sent; set `from` to an address that is verified in SES" : undefined,

  async handle(event, { orders, effects, mail, text, settings: { emailsPerDay, smsPerDay }, log }) {
    const orderId = event.subject;
    const { order, contact } = await loadOrderAndContact(orders, orderId);
    if (!contact) return record("e-mail", await effects.once("email", async () => ERASED));
    const message = messageFor(event, order, contact.customer.name);
    if (!message) return log.warn("ignored: the order has not come to this", { status: order.status });
    const { email: address, phone, smsConsent } = contact.customer;
    const tags = { orderId };

    const texts = event.type === "shipment.booked" && phone !== undefined && smsConsent === true;
    const mailed = await effects.once(
      "email",
      async () =>
        (await admits(mailboxOf(address), emailsPerDay)) ? mail.send({ to: address, tags, ...message }) : TOO_MANY,
      texts ? "sms" : undefined,
    );
    record("e-mail", mailed);

    if (!texts) return;
    const texted = await effects.once("sms", async () =>
      (await admits(phone, smsPerDay)) ? text.send({ to: phone, tags, text: message.subject }) : TOO_MANY,
    );
    record("SMS", texted);

    function admits(recipient: string, perDay: number | false): Promise<boolean> | true {
      return perDay === false || effects.admits(recipient, perDay);
    }

    /** Logs what came of it now, if anything did. */
    function record(what: string, now: Outcome | undefined): void {
      if (now?.outcome === "refused") log.warn(`${what} refused`, { reason: now.reason });
      else if (now) log.info(`${what} ${now.outcome}`, { reason: now.reason });
    }
  },
});

/** What is recorded where the customer's data is no longer there. */
const ERASED: Outcome = { outcome: "not-sent", reason: "erased" };
const TOO_MANY: Outcome = { outcome: "not-sent", reason: "limit: the recipient got too many today" };

/** An address without what its owner may vary: case, and all behind a plus sign. */
const mailboxOf = (address: string): string => address.toLowerCase().replace(/\+[^@]*@/, "@");
