import { FanOutTopic } from "./components/fan-out-topic.ts";
import { Operations } from "./components/operations.ts";
import { OrderApi } from "./components/order-api.ts";
import { OrderStore } from "./components/order-store.ts";
import { QueueConsumer } from "./components/queue-consumer.ts";
import { parametersOf } from "./components/secrets.ts";
import { tagResources } from "./components/tags.ts";
import { loadConfig } from "./config.ts";
import { events, eventsModule, OrderPlaced } from "./contracts/events.ts";
import {
  cancelOrder,
  expireHolds,
  getOrder,
  noRoute,
  placeOrder,
  registry,
  relayOutbox,
  releaseOrder,
} from "./handlers/index.ts";
import { consumer, route } from "./runtime/index.ts";

// An inline callback is the same definition without a module: Pulumi serializes the function and what it captures.
const audit = consumer({
  on: [OrderPlaced],
  handle: async (event, { log }) =>
    log.info("audited", { lines: event.data.lines.length, total: event.data.total.amount }),
});

const routes = {
  "POST /orders": placeOrder,
  "GET /orders/{orderId}": getOrder,
  "POST /orders/{orderId}/cancel": cancelOrder,
  "POST /orders/{orderId}/release": releaseOrder,
  "GET /health": route({ scopes: "public", handle: async () => ({ statusCode: 204 }) }),
  $default: noRoute,
};

// One function for each route, and one for a browser's preflight.
const apiFunctions = Object.keys(routes).length + 1;
const { consumers: configured, ...config } = loadConfig({ ...registry, audit }, { apiFunctions });
tagResources(config.tags);

// Loaded where it is asked for: the VPC's package is large.
const privateNetwork =
  config.network === "private" &&
  new (await import("./components/private-network.ts")).PrivateNetwork("network", config);
const vpc = privateNetwork ? privateNetwork.functions : undefined;

const topic = new FanOutTopic("order-events", { events, module: eventsModule });
const store = new OrderStore("orders", { ...config, vpc, topic, relay: relayOutbox, holds: expireHolds });
const { orders, outbox, stock, effects, lake } = store;
const resources = { orders, outbox, stock, effects, lake };

const api = new OrderApi("api", { ...config, vpc, topic, resources, routes });

const queues = configured.map(
  ({ name, ...args }) => new QueueConsumer(name, { ...config, ...args, vpc, topic, resources }),
);

const handlerFunctions = {
  ...api.functions,
  ...Object.fromEntries(queues.map(({ name, handlerFunction }) => [name, handlerFunction])),
  relay: store.relay,
  holds: store.holds,
};
const operations = new Operations("operations", {
  alarms: config.alarms,
  own: [store.onHoldAlarm],
  topic,
  api,
  consumers: queues,
  functions: Object.values(handlerFunctions),
});

export const apiUrl = api.url;
export const ordersUrl = api.ordersUrl;
export const corsOrigins = config.corsOrigins;
export const topicArn = topic.arn;
export const tables = store.names;
export const analyticsBucket = lake.id;
export const consumers = Object.fromEntries(queues.map(({ name, outputs }) => [name, outputs]));
export const secrets = parametersOf(queues.flatMap((queue) => queue.secrets));
export const functions = Object.fromEntries(
  Object.entries(handlerFunctions).map(([name, { outputs }]) => [name, outputs]),
);
export const { surges } = config;
/** What the policy pack cannot see in the resources. */
export const policy = {
  production: config.production,
  survivesOutageMinutes: Object.fromEntries(configured.map((entry) => [entry.name, entry.survivesOutageMinutes])),
};
export const alarmTopicArn = operations.topic.arn;
export const dashboard = operations.dashboard.dashboardName;
