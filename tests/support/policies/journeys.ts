import { randomInt, randomUUID } from "node:crypto";
import * as z from "zod";
import type { OrderRequest } from "../../../contracts/order.ts";
import { getOrder } from "../../../handlers/index.ts";
import type { World } from "../world/world.ts";

/** A way of an order through the system: what it is about, and what became of it. */
export type Journey = (world: World) => Promise<unknown>;

/** Delivers what is visible, and what comes of it. No time passes: what failed stays where it is. */
async function deliver(world: World, consumers = [...world.queues.keys()]): Promise<void> {
  for (let delivered = 1; delivered > 0;) {
    delivered = 0;
    for (const consumer of consumers) delivered += await world.deliver(consumer);
  }
}

const Line = z.looseObject({ level: z.string(), message: z.string() });

/** All that a shop would see of an order and of the functions that had to do with it. */
async function seen(world: World, sku: string, orderId: string | undefined, answers: unknown) {
  if (orderId === undefined) return { answers };
  const complaints = world.logs.flatMap((text) => {
    const { data } = Line.safeParse(JSON.parse(text));
    return data && data.level !== "info" ? [data.message] : [];
  });
  const { customerId } = customers.get(orderId) ?? {};
  return {
    answers,
    status: await world.status(orderId),
    events: await world.events(orderId),
    left: await world.onHand(sku),
    mails: world.providers.mails.map(({ subject }) => subject.replace(/[0-9A-F]{8}/, "ID").replace(/SE\d+/, "NUMBER")),
    texts: world.providers.texts.length,
    points: customerId === undefined ? 0 : await world.points(customerId),
    shipments: [...world.shipments.values()].map(({ cancelled }) => cancelled),
    stored: world.stored().size,
    unpublished: await world.marks(),
    failed: [...world.queues.values()].reduce((sum, { messages }) => sum + messages.length, 0),
    complaints: [...new Set(complaints)].sort(),
  };
}

const customers = new Map<string, { customerId: string }>();

type Address = OrderRequest["shippingAddress"];
const london: Address = { line1: "12 St James's Sq", city: "London", postalCode: "SW1Y 4JH", countryCode: "GB" };
const berlin: Address = { line1: "Straße 1", city: "Berlin", postalCode: "10115", countryCode: "DE" };
/** Where the local carrier does not deliver. */
const nowhere: Address = { ...berlin, postalCode: "00000" };

const DAY_MS = 24 * 3_600_000;

/** Places an order of a SKU and a customer of its own, whom nothing was sent to before. */
async function place(
  world: World,
  { onHand = 5, shippingAddress = london, key }: { onHand?: number; shippingAddress?: Address; key?: string } = {},
) {
  const sku = `SKU-${randomUUID()}`;
  const customerId = `c-${randomUUID()}`;
  await world.sells(sku, onHand);
  const order = {
    customerId,
    customer: {
      name: "Ada Lovelace",
      email: `${customerId}@example.com`,
      phone: `+44207${String(randomInt(10_000_000)).padStart(7, "0")}`,
      smsConsent: true,
    },
    items: [{ sku, quantity: 2 }],
    shippingAddress,
  };
  const headers = key === undefined ? {} : { "idempotency-key": key };
  const { statusCode, body } = await world.place(order, headers);
  if (body.orderId !== undefined) customers.set(body.orderId, { customerId });
  return { sku, order, headers, orderId: body.orderId, statusCode };
}

/** The journeys that between them need every permission of every function. */
export const journeys: Readonly<Record<string, Journey>> = {
  shipped: async (world) => {
    const { sku, orderId, statusCode } = await place(world);
    await deliver(world);
    const read = await world.request("GET /orders/{orderId}", getOrder, { pathParameters: { orderId: orderId ?? "" } });
    return seen(world, sku, orderId, [statusCode, read?.statusCode]);
  },
  rejected: async (world) => {
    const { sku, orderId, statusCode } = await place(world, { onHand: 1 });
    await deliver(world);
    return seen(world, sku, orderId, [statusCode]);
  },
  "on hold": async (world) => {
    const { sku, orderId, statusCode } = await place(world, { shippingAddress: nowhere });
    await deliver(world);
    return seen(world, sku, orderId, [statusCode]);
  },
  "released to another address": async (world) => {
    const { sku, orderId, statusCode } = await place(world, { shippingAddress: nowhere });
    await deliver(world);
    const released = await world.release(orderId ?? "", berlin);
    await deliver(world);
    return seen(world, sku, orderId, [statusCode, released.statusCode]);
  },
  "on hold for too long": async (world) => {
    const { sku, orderId, statusCode } = await place(world, { shippingAddress: nowhere });
    await deliver(world);
    world.clock.advance(15 * DAY_MS);
    await world.expireHolds();
    await deliver(world);
    return seen(world, sku, orderId, [statusCode]);
  },
  "placed twice with one key": async (world) => {
    const { sku, order, headers, orderId, statusCode } = await place(world, { key: randomUUID() });
    const again = await world.place(order, headers);
    return seen(world, sku, orderId, [statusCode, again.statusCode, again.body.orderId === orderId]);
  },
  cancelled: async (world) => {
    const { sku, orderId, statusCode } = await place(world);
    await deliver(world, ["inventory"]);
    const cancelled = await world.cancel(orderId ?? "");
    await deliver(world);
    return seen(world, sku, orderId, [statusCode, cancelled.statusCode]);
  },
  "cancelled while the carrier books it": async (world) => {
    const { sku, orderId, statusCode } = await place(world);
    const { around } = world;
    let answer: number | undefined;
    world.around = async (handler, call, perform) => {
      if (call.service === "https" && call.operation === "POST") {
        answer ??= (await world.cancel(orderId ?? "")).statusCode;
      }
      return around(handler, call, perform);
    };
    await deliver(world);
    return seen(world, sku, orderId, [statusCode, answer]);
  },
  "placed while SNS is down": async (world) => {
    world.snsIsDown = true;
    const { sku, orderId, statusCode } = await place(world);
    world.snsIsDown = false;
    await world.relay();
    await deliver(world);
    return seen(world, sku, orderId, [statusCode]);
  },
};
