import type { Files } from "../support/compile.ts";

/** A wrong program as somebody new writes it, and the first error that `tsc` prints. Long types are elided. */
interface FirstError {
  files: Files;
  printed: readonly string[];
}

const handler = (definition: string, more = ""): string => `import * as z from "zod";
import { event } from "../contracts/cloud-event.ts";
import { OrderConfirmed, OrderPlaced, OrderRejected } from "../contracts/events.ts";
import { bucket, consumer, table } from "../runtime/index.ts";
${more}
export default consumer({
  ${definition.trim()}
});
`;

const index = (known: string): string => `import { FanOutTopic } from "./components/fan-out-topic.ts";
import { OrderStore } from "./components/order-store.ts";
import { QueueConsumer } from "./components/queue-consumer.ts";
import { loadConfig } from "./config.ts";
import { events, eventsModule } from "./contracts/events.ts";
import { expireHolds, registry, relayOutbox } from "./handlers/index.ts";
import fraudScreening from "./handlers/fraud-screening.ts";
const { consumers: configured, ...config } = loadConfig(${known});
const topic = new FanOutTopic("order-events", { events, module: eventsModule });
const store = new OrderStore("orders", { ...config, topic, relay: relayOutbox, holds: expireHolds });
const { orders, outbox, stock, effects, lake } = store;
const resources = { orders, outbox, stock, effects, lake };
export const queues = configured.map(
  ({ name, ...args }) =>
    new QueueConsumer(name, {
      ...config,
      ...args,
      topic,
      resources,
    }),
);
`;

const program = (definition: string, more?: string): Files => ({
  "handlers/fraud-screening.ts": handler(definition, more),
  "index.ts": index(`{ ...registry, "fraud-screening": fraudScreening }`),
});

const restocked = `const Restocked = event("stock.restocked", z.object({ sku: z.string() }));`;
const reject = `
  async handle({ subject }, { emit, transact }) {
    const refused = await transact([emit(OrderRejected, subject, { customerId: "c", shortages: [] })]);
    if (refused.length > 0) throw new Error("the order has moved on");
  },`;
const update = `orders.update({ Key: { orderId: subject }, UpdateExpression: "ADD screened :one" })`;

export const firstErrors: Record<string, FirstError> = {
  "that nothing is declared in `emits`": {
    files: program(`module: import.meta,
  on: [OrderPlaced],
  uses: { orders: table("update") },${reject}`),
    printed: [
      `handlers/fraud-screening.ts(11,42): error TS2345: Argument of type 'EventType<"order.rejected", ZodObject<{ customerId: ZodString; shortages: ZodArray<ZodObject<{ sku: ZodString; requested: ZodInt; }, $strip>>; }, $strip>>' is not assignable to parameter of type '"add order.rejected to \`emits\` of this handler"'.`,
    ],
  },
  "that an event is not declared in `emits`": {
    files: program(`module: import.meta,
  on: [OrderPlaced],
  emits: [OrderConfirmed],
  uses: { orders: table("update") },${reject}`),
    printed: [
      `handlers/fraud-screening.ts(12,42): error TS2345: Argument of type 'EventType<"order.rejected", ZodObject<{ customerId: ZodString; shortages: ZodArray<ZodObject<{ sku: ZodString; requested: ZodInt; }, $strip>>; }, $strip>>' is not assignable to parameter of type '"add order.rejected to \`emits\` of this handler"'.`,
    ],
  },
  "that a verb is not declared": {
    files: program(`module: import.meta,
  on: [OrderPlaced],
  uses: { orders: table("get") },
  async handle({ subject }, { orders, transact }) {
    await transact([${update}]);
  },`),
    printed: [
      `handlers/fraud-screening.ts(11,28): error TS2349: This expression is not callable.`,
      `  Type 'readonly ["add \\"update\\" to the verbs of \`orders\` in \`uses\`"]' has no call signatures.`,
    ],
  },
  "that there is no such verb": {
    files: program(`module: import.meta,
  on: [OrderPlaced],
  uses: { orders: table("get", "save") },
  async handle({ subject }, { orders }) {
    await orders.get({ orderId: subject });
  },`),
    printed: [
      `handlers/fraud-screening.ts(9,32): error TS2345: Argument of type '"save"' is not assignable to parameter of type '"check" | "get" | "getMany" | "put" | "putMany" | "query" | "queryIndex" | "remove" | "update"'.`,
    ],
  },
  "that a resource is not offered": {
    files: program(`module: import.meta,
  on: [OrderPlaced],
  uses: { reviews: table("get") },
  async handle({ subject }, { reviews }) {
    await reviews.get({ orderId: subject });
  },`),
    printed: [
      `index.ts(19,7): error TS2322: Type '{ orders: Table; outbox: Outbox; stock: Table; effects: EffectLedger; lake: Bucket; }' is not assignable to type '...'.`,
      `  Type '{ orders: Table; outbox: Outbox; stock: Table; effects: EffectLedger; lake: Bucket; }' is not assignable to type '"\`fraud-screening\` needs the table \`reviews\`, which the program does not offer: add it to \`resources\`"'.`,
    ],
  },
  "that a resource is of another kind": {
    files: {
      ...program(`module: import.meta,
  on: [OrderPlaced],
  uses: { stock: bucket("put") },
  async handle({ subject }, { stock }) {
    await stock.put(subject, "", "text/plain");
  },`),
      "index.ts": index(`{ "fraud-screening": fraudScreening }`),
    },
    printed: [
      `index.ts(19,7): error TS2322: Type '{ orders: Table; outbox: Outbox; stock: Table; effects: EffectLedger; lake: Bucket; }' is not assignable to type '...'.`,
      `  Type '{ orders: Table; outbox: Outbox; stock: Table; effects: EffectLedger; lake: Bucket; }' is not assignable to type '"\`fraud-screening\` needs the bucket \`stock\`, but \`stock\` is another kind of resource: change the name or the kind in \`uses\`"'.`,
    ],
  },
  "that a name is used as two kinds": {
    files: program(`module: import.meta,
  on: [OrderPlaced],
  uses: { stock: bucket("put") },
  async handle({ subject }, { stock }) {
    await stock.put(subject, "", "text/plain");
  },`),
    printed: [
      `index.ts(8,57): error TS2345: Argument of type '...' is not assignable to parameter of type '...'.`,
      `  Type '...' is not assignable to type '"\`stock\` is used as two kinds of resource (bucket by \`fraud-screening\`, table by \`inventory\`): rename one of them"'.`,
    ],
  },
  "that the topic does not carry a received event": {
    files: program(
      `module: import.meta,
  on: [Restocked],
  async handle({ data }, { log }) {
    log.info(data.sku);
  },`,
      restocked,
    ),
    printed: [
      `index.ts(18,7): error TS2322: Type 'FanOutTopic<...>' is not assignable to type '"\`fraud-screening\` receives or emits stock.restocked, which the topic does not carry: add it to the \`events\` of the topic" & FanOutTopic<...>'.`,
      `  Type 'FanOutTopic<...>' is not assignable to type '"\`fraud-screening\` receives or emits stock.restocked, which the topic does not carry: add it to the \`events\` of the topic"'.`,
    ],
  },
  "that the topic does not carry an emitted event": {
    files: program(
      `module: import.meta,
  on: [OrderPlaced],
  emits: [Restocked],
  uses: { orders: table("update") },
  async handle({ subject }, { orders, emit, transact }) {
    await transact([${update}, emit(Restocked, subject, { sku: "MUG-001" })]);
  },`,
      restocked,
    ),
    printed: [
      `index.ts(18,7): error TS2322: Type 'FanOutTopic<...>' is not assignable to type '"\`fraud-screening\` receives or emits stock.restocked, which the topic does not carry: add it to the \`events\` of the topic" & FanOutTopic<...>'.`,
      `  Type 'FanOutTopic<...>' is not assignable to type '"\`fraud-screening\` receives or emits stock.restocked, which the topic does not carry: add it to the \`events\` of the topic"'.`,
    ],
  },
  "that an inline callback has no settings": {
    files: program(`on: [OrderPlaced],
  settings: z.strictObject({ url: z.url() }),
  async handle({ subject }, { settings, log }) {
    log.info(subject, { url: settings.url });
  },`),
    printed: [
      `handlers/fraud-screening.ts(8,3): error TS2322: Type 'ZodObject<{ url: ZodURL; }, $strict>' is not assignable to type '"an inline callback has no settings: move it to a file of its own, with \`module: import.meta\`"'.`,
    ],
  },
  "that the result of `transact` is awaited": {
    files: program(`module: import.meta,
  on: [OrderPlaced],
  uses: { orders: table("update") },
  async handle({ subject }, { orders, transact }) {
    return transact([${update}]);
  },`),
    printed: [
      `handlers/fraud-screening.ts(10,9): error TS2322: Type '...' is not assignable to type '...'.`,
      `  Type 'Promise<Write[]>' is not assignable to type 'Done'.`,
      `    Type 'Write[]' is not assignable to type 'void | "await \`transact\`, and look at the refused writes that it returns"'.`,
    ],
  },
  "that `handle` is its name": {
    files: program(`module: import.meta,
  on: [OrderPlaced],
  uses: { orders: table("get") },
  async handler({ subject }, { orders }) {
    await orders.get({ orderId: subject });
  },`),
    printed: [
      `handlers/fraud-screening.ts(10,9): error TS2561: Object literal may only specify known properties, but 'handler' does not exist in type '...'. Did you mean to write 'handle'?`,
    ],
  },
  "that a name is reserved": {
    files: program(`module: import.meta,
  on: [OrderPlaced],
  uses: { log: table("get") },
  async handle({ subject }, { log }) {
    await log.get({ orderId: subject });
  },`),
    printed: [
      `handlers/fraud-screening.ts(9,11): error TS2322: Type 'Use<"table", "get">' is not assignable to type '"\`log\` is a name that every context has: use another one"'.`,
    ],
  },
};
