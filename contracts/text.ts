import * as z from "zod";

/**
 * Characters that have no place in a customer's text: SQS refuses U+FFFE and U+FFFF after the order has been accepted
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html), and control, bidi-control
 * and lone surrogate characters make labels and logs lie. U+FFFD is what remains of bytes that were not UTF-8.
 */
const FORBIDDEN = /[\p{Cc}\p{Cs}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFFFD\uFFFE\uFFFF]/u;

/** One line of text a person typed: 1 to `max` characters, no blank ends, none of the characters above. */
export const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => value === value.trim(), "must not begin or end with white space")
    .refine((value) => !FORBIDDEN.test(value), "must not contain control, bidi-control or invalid characters");

const currencies = new Set(Intl.supportedValuesOf("currency"));
const regionNames = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
/** Codes that CLDR names but ISO 3166-1 has not given to a country. */
const NOT_COUNTRIES = new Set(["EU", "EZ", "QO", "UN", "XA", "XB", "ZZ", "AC", "CP", "DG", "EA", "IC", "TA", "UK"]);

/** An ISO 4217 currency code. */
export const currency = z.string().refine((code) => currencies.has(code), "must be an ISO 4217 currency code");

/** An ISO 3166-1 alpha-2 country code. */
export const countryCode = z
  .string()
  .refine(
    (code) => /^[A-Z]{2}$/.test(code) && !NOT_COUNTRIES.has(code) && regionNames.of(code) !== undefined,
    "must be an ISO 3166-1 alpha-2 country code",
  );

/** Money: integer minor units (cents) with an ISO 4217 currency. */
export const Money = z.strictObject({ amount: z.int().nonnegative(), currency });
export type Money = z.output<typeof Money>;

/** A stock-keeping unit. */
export const sku = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "must be a SKU, such as MUG-001");

/** Who the customer is to the shop: an id, never an e-mail address, because events and logs carry it. */
export const customerId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/, "must be 1 to 64 letters, digits, or . _ : -");
