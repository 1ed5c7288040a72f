import type * as z from "zod";
import type { OrderRequest, ReleaseRequest } from "../contracts/order.ts";
import type { OrderView, PlacedView, StatusView } from "../contracts/views.ts";

export const orderId = "0f7c1a52-6f0e-4c47-9d5c-2a1f1f6f8a11";

export const request = {
  customer: { name: "Ada Lovelace", email: "ada@example.com", phone: "+442071234567", smsConsent: true },
  shippingAddress: { line1: "12 St James's Sq", city: "London", postalCode: "SW1Y 4JH", countryCode: "GB" },
  items: [{ sku: "MUG-001", quantity: 2 }],
} satisfies z.input<typeof OrderRequest>;

export const release = { shippingAddress: request.shippingAddress } satisfies z.input<typeof ReleaseRequest>;

const placed: PlacedView = {
  orderId,
  status: "placed",
  customerId: "c-1815",
  items: [
    {
      sku: "MUG-001",
      name: "Stoneware mug",
      quantity: 2,
      unitPrice: { amount: 1_299, currency: "EUR" },
      lineTotal: { amount: 2_598, currency: "EUR" },
    },
  ],
  total: { amount: 2_598, currency: "EUR" },
  placedAt: "2026-11-01T09:00:00.000Z",
};

/** The same order at three times of its life. */
export const order = {
  placed,
  cancelled: { ...placed, status: "cancelled" } satisfies StatusView,
  released: { ...placed, status: "confirmed" } satisfies StatusView,
  shipping: {
    ...placed,
    status: "shipping",
    timeline: [
      { type: "order.placed", at: "2026-11-01T09:00:00.000Z" },
      { type: "order.confirmed", at: "2026-11-01T09:00:00.310Z" },
      { type: "shipment.booked", at: "2026-11-01T09:00:00.540Z" },
    ],
    shipment: { carrier: "carrier", trackingNumber: "TRK-1" },
  } satisfies OrderView,
};
