import * as z from "zod";

/**
 * Characters that have no place in a customer's text: SQS refuses U+FFFE and U+FFFF after the order has been accepted
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html), and control, bidi-control
 * and lone surrogate characters make labels and logs lie. U+FFFD is what remains of bytes that were not UTF-8.
 */
export const FORBIDDEN = /[\p{Cc}\p{Cs}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFFFD\uFFFE\uFFFF]/u;

/** One line of text a person typed: 1 to `max` characters, no blank ends, none of the characters above. */
export const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => value === value.trim(), "must not begin or end with white space")
    .refine((value) => !FORBIDDEN.test(value), "must not contain control, bidi-control or invalid characters");

const currencies = new Set(Intl.supportedValuesOf("currency"));

/** The 249 officially assigned codes of ISO 3166-1 (https://www.iso.org/iso-3166-country-codes.html). */
const countries = new Set(
  [
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV",
    "BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES",
    "ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE",
    "IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY",
    "MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU",
    "NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM",
    "SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE",
    "VG VI VN VU WF WS YE YT ZA ZM ZW",
  ].flatMap((line) => line.split(" ")),
);

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
  .refine((code) => countries.has(code), "must be an ISO 3166-1 alpha-2 country code");

/** Money: integer minor units (cents) with an ISO 4217 currency. */
export const Money = z.strictObject({ amount: z.int().nonnegative(), currency });
export type Money = z.output<typeof Money>;

/** Money as it was stored or sent: what a newer version adds to it, or no longer accepts, does not matter any more. */
export const PastMoney = z.object({ amount: z.int(), currency: z.string() });

/** A stock-keeping unit. */
export const sku = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "must be a SKU, such as MUG-001");

/** Who the customer is to the shop: an id of any form, but never with an e-mail address in it, because events carry it. */
export const customerId = text(255).refine((value) => !value.includes("@"), "must be an id without @");
