import * as z from "zod";
import { OrderItem, OrderStatus } from "./order.ts";
import { OutboxItem, type OutboxKey } from "./outbox.ts";
import { PastMoney } from "./text.ts";

/**
 * The orders table: key `orderId` + `entry`. An order is an item `order`, an item `contact`, and an item `event#<type>`
 * (`event#<type>#<n>` from the second time on) for each of its events, which together are its timeline and, while they
 * are unpublished, the outbox. An order that came with an Idempotency-Key also has an item `key` under `key#<hash>`,
 * which names it.
 */
const ORDER = "order";
const CONTACT = "contact";
const EVENT = "event#";
const KEY = "key";

export const orderKey = (orderId: string) => ({ orderId, entry: ORDER });
export const contactKey = (orderId: string) => ({ orderId, entry: CONTACT });
/**
 * The key of the item that stands for an Idempotency-Key; for the hash see `handlers/place-order/idempotency-key.ts`.
 */
export const keyKey = (hash: string) => ({ orderId: `${KEY}#${hash}`, entry: KEY });

/** The sparse index of the orders on hold: by `status`, the longest first. */
export const ON_HOLD_INDEX = "on-hold";
export const onHoldIndexKey = { hashKey: "status", rangeKey: "onHoldSince" } as const;

/** How the outbox finds its items in this table. */
export const ordersOutboxKey: OutboxKey = { partitionKey: "orderId", sortKey: "entry", sortKeyPrefix: EVENT };

/** The query for an order and its events, without its contact: in the sort key's order, `contact` comes before both. */
export const orderAndEvents = (orderId: string) => ({
  KeyConditionExpression: "orderId = :id AND entry BETWEEN :first AND :last",
  ExpressionAttributeValues: { ":id": orderId, ":first": EVENT, ":last": ORDER },
});

/**
 * The item `order`. It asks less than a request: an order that was accepted once stays readable, also where today's
 * rules would refuse it.
 */
export const StoredOrder = z.object({
  orderId: z.string(),
  status: OrderStatus,
  customerId: z.string(),
  items: z.array(OrderItem),
  total: PastMoney,
  paymentReference: z.string().optional(),
  placedAt: z.string(),
  /** The hash of the Idempotency-Key that it came with. */
  keyHash: z.string().optional(),
  /** Whether its lines have been taken from the stock and not given back. */
  stockTaken: z.boolean().optional(),
  shipment: z.object({ carrier: z.string(), trackingNumber: z.string() }).optional(),
  /** For the how-manieth time it is to be shipped: one more with each release from hold. Left out, the first. */
  attempt: z.int().optional(),
  /** Since when it is on hold; there only while it is. */
  onHoldSince: z.string().optional(),
  /** Why it was cancelled where nobody asked for it: it was on hold for too long. */
  cancelledBecause: z.literal("on-hold").optional(),
});
export type StoredOrder = z.output<typeof StoredOrder>;

/** An item `key`: one Idempotency-Key of one caller stands for one order, and for one body. */
export const StoredKey = z.object({
  /** The order's id. */
  names: z.string(),
  /** SHA-256 of the canonical request. */
  fingerprint: z.string(),
});
export type StoredKey = z.output<typeof StoredKey>;

/** The attribute with the time, in seconds since 1970, after which DynamoDB deletes an item. */
export const ORDERS_TTL = "expiresAt";

/** The item `contact`: all the personal data of an order, and nothing else. */
export const StoredContact = z.object({
  orderId: z.string(),
  /** How long it is kept after the order has ended, in seconds. What was stored before this was, has none. */
  keptSeconds: z.int().positive().optional(),
  /** Set when the order ends. DynamoDB may take days to delete what has expired: readers leave it out. */
  [ORDERS_TTL]: z.int().optional(),
  customer: z.object({
    name: z.string(),
    email: z.string(),
    phone: z.string().optional(),
    smsConsent: z.boolean().optional(),
  }),
  shippingAddress: z.object({
    line1: z.string(),
    line2: z.string().optional(),
    city: z.string(),
    postalCode: z.string().optional(),
    countryCode: z.string(),
  }),
});
export type StoredContact = z.output<typeof StoredContact>;

/** An item `event#<type>` or `event#<type>#<n>`. */
export const StoredEvent = z.object({ orderId: z.string(), entry: z.string().startsWith(EVENT), ...OutboxItem.shape });
export type StoredEvent = z.output<typeof StoredEvent>;

/** The items of an order by what they are. Items of any other kind under its key are left out. */
export function splitEntries(entries: readonly Readonly<Record<string, unknown>>[]) {
  const order = entries.find(({ entry }) => entry === ORDER);
  return {
    order: order && StoredOrder.parse(order),
    contact: contactIn(entries),
    events: entries
      .filter(({ entry }) => typeof entry === "string" && entry.startsWith(EVENT))
      .map((item) => StoredEvent.parse(item)),
  };
}

/** The contact, unless it has been erased: then it is gone, has expired, or what remains of it has no customer. */
function contactIn(entries: readonly Readonly<Record<string, unknown>>[]): StoredContact | undefined {
  const item = entries.find(({ entry }) => entry === CONTACT);
  if (item?.["customer"] === undefined) return undefined;
  const contact = StoredContact.parse(item);
  return (contact.expiresAt ?? Infinity) <= Date.now() / 1_000 ? undefined : contact;
}

/** The events of an order, oldest first. */
export const timelineOf = (events: readonly StoredEvent[]) =>
  events
    .map(({ event: { id, type }, at, outboxSince }) => ({ id, type, at, outboxSince }))
    .sort((a, b) => (a.at < b.at ? -1 : 1));
