import { orderOf } from "./orders.ts";

/** Personal data that no other test has, and that reads the same in every encoding. */
export const canaries = {
  name: "Canary Namewright",
  email: "canary.mail@canary-mail.test",
  phone: "+442079460991",
  line1: "1 Canaryline Street",
  line2: "Canaryflat 2",
  city: "Canaryville",
  postalCode: "CN4 9RY",
  /** What a client proves itself by. */
  token: "canary-token-5f3a",
} as const;

const { name, email, phone, line1, line2, city, postalCode } = canaries;

/** An order with a canary in each field that is personal. */
export const canaryOrder = orderOf({
  customer: { name, email, phone, smsConsent: true },
  shippingAddress: { line1, line2, city, postalCode, countryCode: "GB" },
  items: [{ sku: "CANARY", quantity: 1 }],
});

/** The names of the canaries that a text has, as they are or URL-encoded. */
export const found = (text: string): string[] => {
  const lower = text.toLowerCase();
  return Object.entries(canaries)
    .filter(([, value]) =>
      [value, encodeURIComponent(value), value.replaceAll(" ", "+")].some((form) => lower.includes(form.toLowerCase())),
    )
    .map(([key]) => key)
    .sort();
};
