/** The beginning of every case; names that a case does not use are no error. */
export const given = `
import * as z from "zod";
import { FanOutTopic } from "./components/fan-out-topic.ts";
import { OrderApi } from "./components/order-api.ts";
import { OrderStore } from "./components/order-store.ts";
import { QueueConsumer } from "./components/queue-consumer.ts";
import { portActions, type ActionsOf } from "./components/port-actions.ts";
import { loadConfig } from "./config.ts";
import { events, eventsModule, OrderCancelled, OrderConfirmed, OrderPlaced, OrderRejected } from "./contracts/events.ts";
import { expireHolds, placeOrder, registry, relayOutbox } from "./handlers/index.ts";
import { bucket, consumer, type Consumer, ledger, owned, type Ports, route, scheduled, table } from "./runtime/index.ts";
const { consumers: configured, ...config } = loadConfig(registry);
const topic = new FanOutTopic("t", { events, module: eventsModule });
const { orders, outbox, stock, effects, lake } = new OrderStore("o", { ...config, topic, relay: relayOutbox, holds: expireHolds });
const resources = { orders, outbox, stock, effects, lake };
const limits = { batchSize: 10, batchWindowSeconds: 0, maxConcurrency: 10, timeoutSeconds: 30, memoryMb: 256, survivesOutageMinutes: 0 };
const rest = { ...config, ...limits, topic };
`;

/** What must compile. */
export const right: Record<string, string> = {
  "an inline consumer with uses": `new QueueConsumer("x", { ...rest, resources, handler: consumer({
  on: [OrderPlaced], uses: { stock: table("get") },
  handle: async ({ data }, { stock, log }) => { for (const { sku } of data.lines) log.info(sku, { there: (await stock.get({ sku })) !== undefined }); },
}) });`,
  "a table of its own, that the program need not offer": `new QueueConsumer("x", { ...rest, resources: {}, handler: registry.loyalty });
consumer({ on: [OrderConfirmed], uses: { points: owned(table("update"), "id") },
  handle: async ({ id }, { points, transact }) => void (await transact([points.update({ Key: { id }, UpdateExpression: "ADD n :n" })])) });`,
  "settings, and a sandbox by them": `consumer({ module: import.meta, on: [OrderPlaced], settings: z.strictObject({ url: z.url().optional() }),
  sandboxed: ({ url }) => (url === undefined ? "pretends" : undefined),
  handle: async (_, { settings: { url } }) => void (url satisfies string | undefined) });`,
  "an event narrowed by its type": `consumer({ on: [OrderPlaced, OrderRejected],
  handle: async (event) => void (event.type === "order.placed" ? event.data.lines : event.data.shortages) });`,
  "emitting in the transaction of an order": `consumer({ on: [OrderPlaced], emits: [OrderRejected], uses: { orders: table("update") },
  handle: async ({ subject }, { emit, transact }) => void (await transact([emit(OrderRejected, subject, { customerId: "c", shortages: [] })])) });`,
  "a batch handled together": `consumer({ on: events, uses: { lake: bucket("put") }, handleBatch: async (batch, { lake }) => lake.put("k", String(batch.length), "text/plain") });`,
  "the whole registry in the config's loop": `for (const { name, ...args } of configured) new QueueConsumer(name, { ...config, ...args, topic, resources });`,
  "a route with a body and scopes, and an inline one for everybody": `new OrderApi("api", { ...config, topic, resources, routes: {
  "POST /orders": placeOrder,
  "PUT /things/{id}": route({ module: import.meta, scopes: ["orders:write", "orders:service"], body: z.strictObject({ sku: z.string() }), handle: async ({ body }) => ({ statusCode: 200, body: body.sku }) }),
  "GET /health": route({ scopes: "public", handle: async () => ({ statusCode: 204 }) }),
} });`,
};
