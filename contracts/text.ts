import * as z from "zod";
import { countryCodes, isKnownPhone } from "./countries.ts";

/**
 * Characters that have no place in a customer's text: SQS refuses U+FFFE and U+FFFF after the order has been accepted
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html), and control, bidi-control
 * and lone surrogate characters make labels and logs lie, as line breaks do. U+FFFD is what remains of bytes that were not
 * UTF-8; the other noncharacters are never text.
 */
export const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{NChar}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFFFD]/u;

/** The rule of a text without those characters, for `refine`. */
export const clean = [
  (value: string): boolean => !FORBIDDEN.test(value),
  "must not contain control, bidi-control or invalid characters",
] as const;

/** A character that leaves ink; fillers and joiners of letters do not. */
const VISIBLE = /[[\p{L}\p{N}\p{P}\p{S}]--[\p{DI}\u2800]]/v;

/** One line of text a person typed: 1 to `max` characters, one visible, no blank ends, none of the characters above. */
export const text = (max: number) =>
  z
    .string()
    .min(1, { abort: true })
    .max(max)
    .refine((value) => value === value.trim(), { error: "must not begin or end with white space", abort: true })
    .refine((value) => VISIBLE.test(value), "must have a visible character")
    .refine(...clean);

/** A person's name: the shop's e-mails carry it to whoever an order names, and must carry no stranger's link. */
export const personName = text(120).refine((value) => !/:\/\/|www\./i.test(value), "must not contain a web address");

/**
 * An e-mail address that SES can write to: ASCII, a local part of up to 64 characters, and labels of up to 63 that do not
 * begin or end with a hyphen (RFC 5321, section 4.5.3.1; RFC 1035, section 2.3.1). A domain of another script is written in
 * its ASCII form (https://docs.aws.amazon.com/ses/latest/dg/send-email-raw.html).
 */
export const emailAddress = z
  .email({
    pattern:
      /^(?=.{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])$/,
    error: "must be an e-mail address",
  })
  .max(254);

/** A telephone number of E.164 (https://www.itu.int/rec/T-REC-E.164), of a country or network that exists. */
export const phone = z
  .string()
  .regex(/^\+[1-9]\d{6,14}$/, { error: "must be an E.164 number, such as +442071234567", abort: true })
  .refine(isKnownPhone, "must begin with the code of a country");

const currencies = new Set(Intl.supportedValuesOf("currency"));

/** ISO 4217's digits behind the point, where they are not 2. ICU's are those that people use, which is another list. */
const minorUnits: Readonly<Record<string, number>> = {
  ...digits(0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
  ...digits(3, "BHD IQD JOD KWD LYD OMR TND"),
  ...digits(4, "CLF UYW"),
};
function digits(count: number, codes: string): Record<string, number> {
  return Object.fromEntries(codes.split(" ").map((code) => [code, count]));
}

/** How many digits of an amount in this currency are behind the point. */
export const fractionDigits = (currency: string): number => minorUnits[currency] ?? 2;

/** An ISO 4217 currency code. */
export const currency = z.string().refine((code) => currencies.has(code), "must be an ISO 4217 currency code");

/** An ISO 3166-1 alpha-2 country code. */
export const countryCode = z
  .string()
  .refine((code) => countryCodes.has(code), "must be an ISO 3166-1 alpha-2 country code");

/** Money: integer minor units (cents) with an ISO 4217 currency. */
export const Money = z.strictObject({ amount: z.int().nonnegative(), currency });
export type Money = z.output<typeof Money>;

/** Money as it was stored or sent: what a newer version adds to it, or no longer accepts, does not matter any more. */
export const PastMoney = z.object({ amount: z.int(), currency: z.string() });

/** A stock-keeping unit. */
export const sku = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "must be a SKU, such as MUG-001");

/** Who the customer is to the shop: an id of any form, but never with an e-mail address in it, because events carry it. */
export const customerId = text(255).refine((value) => !value.includes("@"), "must be an id without @");
