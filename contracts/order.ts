import * as z from "zod";
import { isPostalCode, needsPostalCode } from "./countries.ts";
import { countryCode, customerId, emailAddress, Money, PastMoney, personName, phone, sku, text } from "./text.ts";

/** Where an order goes. A postal code may be left out where the country has none. */
export const ShippingAddress = z
  .strictObject({
    line1: text(120),
    line2: text(120).optional(),
    city: text(80),
    postalCode: text(20).optional(),
    countryCode,
  })
  .superRefine(({ postalCode, countryCode }, context) => {
    const refuse = (message: string) => context.addIssue({ code: "custom", path: ["postalCode"], message });
    if (postalCode === undefined) {
      if (needsPostalCode(countryCode)) refuse(`is needed in ${countryCode}`);
    } else if (!isPostalCode(countryCode, postalCode)) refuse(`is not a postal code of ${countryCode}`);
  });

export type ShippingAddress = z.output<typeof ShippingAddress>;

/** The body of `POST /orders`. Unknown fields are refused: a misspelt one would be lost silently. */
export const OrderRequest = z.strictObject({
  customerId: customerId.optional(),
  customer: z.strictObject({
    name: personName,
    email: emailAddress,
    phone: phone.optional(),
    smsConsent: z.boolean().optional(),
  }),
  shippingAddress: ShippingAddress,
  items: z
    .array(z.strictObject({ sku, quantity: z.int().min(1).max(999) }))
    .min(1)
    .max(50)
    .superRefine((items, context) => {
      const seen = new Set<string>();
      items.forEach((item, index) => {
        if (seen.has(item.sku)) {
          context.addIssue({
            code: "custom",
            path: [index, "sku"],
            message: "is in the order twice: add the quantities",
          });
        }
        seen.add(item.sku);
      });
    }),
  paymentReference: text(120).optional(),
  expectedTotal: Money.optional(),
});
export type OrderRequest = z.output<typeof OrderRequest>;

/** The body of `POST /orders/{orderId}/release`, which may be left out: where the order goes from now on. */
export const ReleaseRequest = z.strictObject({ shippingAddress: ShippingAddress.optional() }).optional();

/** A line as it was priced when the order was placed. Money is in minor units of the order's currency. */
export const OrderItem = z.object({
  sku: z.string(),
  name: z.string(),
  quantity: z.int(),
  unitPrice: PastMoney,
  lineTotal: PastMoney,
});

export const OrderStatus = z.enum(["placed", "confirmed", "on-hold", "rejected", "shipping", "cancelled"]);
export type OrderStatus = z.output<typeof OrderStatus>;

/** The statuses that may follow each status. The only place that says so. */
const next = {
  placed: ["confirmed", "rejected", "cancelled"],
  confirmed: ["shipping", "on-hold", "cancelled"],
  "on-hold": ["confirmed", "cancelled"],
  rejected: [],
  shipping: [],
  cancelled: [],
} as const satisfies Readonly<Record<OrderStatus, readonly OrderStatus[]>>;
export const transitions: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = next;

/** The statuses that none follows: with them an order ends. */
export type EndStatus = { [S in OrderStatus]: (typeof next)[S] extends readonly [] ? S : never }[OrderStatus];

export const hasEnded = (status: OrderStatus): boolean => transitions[status].length === 0;

/** The statuses from which an order may go to `to`. */
export const statusesBefore = (to: OrderStatus): OrderStatus[] =>
  OrderStatus.options.filter((status) => transitions[status].includes(to));

/** Anything that is not a UUID cannot be an order: there is no need to read it. */
export const isOrderId = (text: string): boolean => z.guid().safeParse(text).success;
