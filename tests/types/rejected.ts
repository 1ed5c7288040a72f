const clash = `
const clash = loadConfig({
  a: consumer({ on: [OrderPlaced], uses: { stock: table("get") }, handle: async () => {} }),
  b: consumer({ on: [OrderPlaced], uses: { stock: bucket("put") }, handle: async () => {} }),
});
`;

/** The sentences of the checks of a program against what its handlers need. */
const missing = (who: string, kind: string, name: string) =>
  `${who} needs the ${kind} \`${name}\`, which the program does not offer: add it to \`resources\``;
const another = (who: string, kind: string, name: string) =>
  `${who} needs the ${kind} \`${name}\`, but \`${name}\` is another kind of resource: change the name or the kind in \`uses\``;
const uncarried = (who: string, type: string) =>
  `${who} receives or emits ${type}, which the topic does not carry: add it to the \`events\` of the topic`;
const twoKinds = "`stock` is used as two kinds of resource (bucket by `b`, table by `a`): rename one of them";

interface Wrong {
  code: string;
  /** Of each error its number and a part of its message that no other mistake would have. */
  errors: [number, string][];
}

export const wrong: Record<string, Wrong> = {
  "reading of an event what it does not carry": {
    code: `consumer({ on: [OrderRejected], handle: async ({ data }) => void data.lines });`,
    errors: [[2339, "Property 'lines' does not exist on type '{ customerId: string; shortages:"]],
  },
  "reading of a union of events what one of them does not carry": {
    code: `consumer({ on: [OrderPlaced, OrderCancelled], handle: async ({ data }) => void data.total });`,
    errors: [[2339, "Property 'total' does not exist on type"]],
  },
  "comparing with an event that is not listed": {
    code: `consumer({ on: [OrderPlaced, OrderCancelled], handle: async ({ type }) => void (type === "order.confirmed") });`,
    errors: [[2367, `'"order.placed" | "order.cancelled"' and '"order.confirmed"' have no overlap`]],
  },
  "hearing an event that the topic does not carry": {
    code: `const Restocked = { type: "stock.restocked", data: z.object({ sku: z.string() }) } as const;
new QueueConsumer("x", { ...rest, resources, handler: consumer({ on: [Restocked], handle: async () => {} }) });`,
    errors: [[2345, uncarried("the handler", "stock.restocked")]],
  },
  "leaving out a resource that the handler uses": {
    code: `new QueueConsumer("x", { ...rest, resources: { orders, outbox }, handler: registry.inventory });`,
    errors: [[2322, missing("the handler", "table", "stock")]],
  },
  "offering a resource of the wrong kind": {
    code: `new QueueConsumer("x", { ...rest, resources: { orders, outbox, stock: lake }, handler: registry.inventory });`,
    errors: [[2322, another("the handler", "table", "stock")]],
  },
  "offering the ledger's table as a table": {
    code: `new QueueConsumer("x", { ...rest, resources: { ...resources, stock: effects }, handler: registry.inventory });`,
    errors: [[2322, another("the handler", "table", "stock")]],
  },
  "taking from the context what is not used": {
    code: `consumer({ on: [OrderPlaced], uses: { orders: table("get") }, handle: async (_, { stock }) => {} });`,
    errors: [[2339, "Property 'stock' does not exist on type"]],
  },
  "a new method of a port whose IAM actions nobody has written down": {
    code: `portActions satisfies ActionsOf<Omit<Ports, "bucket"> & { bucket: Ports["bucket"] & { copy(key: string): Promise<void> } }>;`,
    errors: [[1360, "Property 'copy' is missing in type"]],
  },
  "a new kind of port without its IAM actions": {
    code: `portActions satisfies ActionsOf<Ports & { queue: { send(body: string): Promise<void> } }>;`,
    errors: [[1360, "Property 'queue' is missing in type"]],
  },
  "IAM actions of a method that a port no longer has": {
    code: `({ ...portActions, bucket: { put: ["s3:PutObject"], get: ["s3:GetObject"] } }) satisfies ActionsOf<Ports>;`,
    errors: [[2353, "'get' does not exist in type"]],
  },
  "calling a verb that is not declared": {
    code: `consumer({ on: [OrderPlaced], uses: { orders: table("get") }, handle: async (_, { orders }) => void orders.update({}) });`,
    errors: [
      [2349, `Type 'readonly ["add \\"update\\" to the verbs of \`orders\` in \`uses\`"]' has no call signatures.`],
    ],
  },
  "emitting an event that is not declared": {
    code: `consumer({ on: [OrderPlaced], emits: [OrderConfirmed], uses: { orders: table("update") },
  handle: async (_, { emit }) => void emit(OrderRejected, "o-1", { customerId: "c", shortages: [] }) });`,
    errors: [[2345, "parameter of type '\"add order.rejected to `emits` of this handler\"'"]],
  },
  "emitting where nothing is declared": {
    code: `consumer({ on: [OrderPlaced], uses: { orders: table("update") },
  handle: async (_, { emit }) => void emit(OrderRejected, "o-1", { customerId: "c", shortages: [] }) });`,
    errors: [[2345, "parameter of type '\"add order.rejected to `emits` of this handler\"'"]],
  },
  "emitting an event with the data of another": {
    code: `consumer({ on: [OrderPlaced], emits: [OrderRejected], uses: { orders: table("update") },
  handle: async (_, { emit }) => void emit(OrderRejected, "o-1", { customerId: "c", lines: [] }) });`,
    errors: [[2353, "'lines' does not exist in type '{ customerId: string; shortages:"]],
  },
  "using a verb that the kind does not have": {
    code: `consumer({ on: [OrderPlaced], uses: { orders: table("write") }, handle: async () => {} });`,
    errors: [[2345, `Argument of type '"write"' is not assignable to parameter of type`]],
  },
  "serving one consumer of the config's loop too little": {
    code: `for (const { name, ...args } of configured) {
  new QueueConsumer(name, { ...config, topic, resources: { orders, outbox, effects, lake }, ...args });
}`,
    errors: [[2322, missing("`inventory`", "table", "stock")]],
  },
  "offering in the config's loop one resource of the wrong kind": {
    code: `for (const { name, ...args } of configured) {
  new QueueConsumer(name, { ...config, topic, resources: { ...resources, lake: stock }, ...args });
}`,
    errors: [[2322, another("`analytics`", "bucket", "lake")]],
  },
  "using one name as two kinds, of which the program offers the first": {
    code: `${clash}for (const { name, ...args } of clash.consumers) new QueueConsumer(name, { ...config, topic, resources: { stock }, ...args });`,
    errors: [
      [2345, twoKinds],
      [2322, another("`b`", "bucket", "stock")],
    ],
  },
  "using one name as two kinds, of which the program offers the second": {
    code: `${clash}for (const { name, ...args } of clash.consumers) new QueueConsumer(name, { ...config, topic, resources: { stock: lake }, ...args });`,
    errors: [
      [2345, twoKinds],
      [2322, another("`a`", "table", "stock")],
    ],
  },
  "using a resource under a name that the context has": {
    code: `consumer({ on: [OrderPlaced], uses: { log: table("get") }, handle: async () => {} });`,
    errors: [[2322, "is not assignable to type '\"`log` is a name that every context has: use another one\"'"]],
  },
  "forgetting the needs of a handler": {
    code: `const forgotten: Consumer = registry.inventory;
new QueueConsumer("x", { ...rest, resources, handler: forgotten });`,
    errors: [[2322, "needs the outbox \\`${string}\\`, which the program does not offer"]],
  },
  "forgetting the needs of a handler in the config's loop": {
    code: `const forgotten: Consumer = registry.inventory;
for (const { name, ...args } of loadConfig({ forgotten }).consumers) new QueueConsumer(name, { ...config, topic, resources, ...args });`,
    errors: [
      [2345, "Type 'Consumer<Need>' is not assignable to type 'Consumer<"],
      [2322, "\\`forgotten\\` receives or emits ${string}, which the topic does not carry"],
      [2322, "\\`forgotten\\` needs the outbox \\`${string}\\`, which the program does not offer"],
    ],
  },
  "misspelling a consumer of the registry": {
    code: `void registry.inventroy;`,
    errors: [[2551, "Did you mean 'inventory'?"]],
  },
  "giving a bare function for a consumer": {
    code: `new QueueConsumer("x", { ...rest, resources, handler: async () => {} });`,
    errors: [
      [2322, "which the program does not offer: add it to \\`resources\\`"],
      [2322, "Type '() => Promise<void>' is not assignable to type 'Consumer<"],
    ],
  },
  "emitting an event that the topic does not carry": {
    code: `const narrow = new FanOutTopic("n", { events: [OrderPlaced, OrderCancelled], module: eventsModule });
new QueueConsumer("x", { ...rest, topic: narrow, resources, handler: registry.inventory });`,
    errors: [[2322, uncarried("the handler", "order.confirmed")]],
  },
  "using a resource inline as another kind than it is": {
    code: `new QueueConsumer("x", { ...rest, resources, handler: consumer({ on: [OrderPlaced], uses: { lake: table("get") }, handle: async () => {} }) });`,
    errors: [[2322, another("the handler", "table", "lake")]],
  },
  "leaving out the resources": {
    code: `new QueueConsumer("x", { ...rest, handler: registry.inventory });`,
    errors: [[2345, "Property 'resources' is missing in type"]],
  },
  "reading a setting that the schema does not have": {
    code: `consumer({ module: import.meta, on: [OrderPlaced], settings: z.strictObject({ sender: z.email() }), handle: async (_, { settings }) => void settings.url });`,
    errors: [[2339, "Property 'url' does not exist on type '{ sender: string; }'"]],
  },
  "reading a setting where there is no schema": {
    code: `consumer({ on: [OrderPlaced], handle: async (_, { settings }) => void settings.url });`,
    errors: [[18048, "'settings' is possibly 'undefined'"]],
  },
  "emitting without an outbox offered": {
    code: `const emitting = consumer({ on: [OrderPlaced], emits: [OrderConfirmed], uses: { stock: table("update") }, handle: async () => {} });
new QueueConsumer("x", { ...rest, resources: { stock }, handler: emitting });`,
    errors: [[2322, missing("the handler", "outbox", "outbox")]],
  },
  "emitting without any table in uses": {
    code: `consumer({ on: [OrderPlaced], emits: [OrderConfirmed], handle: async (_, { emit }) => void emit });`,
    errors: [[2339, "Property 'emit' does not exist on type"]],
  },
  "transacting without any table in uses": {
    code: `consumer({ on: [OrderPlaced], uses: { effects: ledger("once") }, handle: async (_, { transact }) => void transact([]) });`,
    errors: [[2339, "Property 'transact' does not exist on type"]],
  },
  "handling one event and the batch at once": {
    code: `consumer({ on: [OrderPlaced], handle: async () => {}, handleBatch: async () => {} });`,
    errors: [[2345, "is not assignable to type 'undefined'"]],
  },
  "handling nothing": {
    code: `consumer({ module: import.meta, on: [OrderPlaced] });`,
    errors: [[2345, "Property 'handleBatch' is missing in type"]],
  },
  "giving an inline callback a body's schema": {
    code: `route({ scopes: "public", body: z.strictObject({ sku: z.string() }), handle: async () => ({ statusCode: 200 }) });`,
    errors: [[2322, "an inline callback has no body: move it to a file of its own, with `module: import.meta`"]],
  },
  "giving an inline callback a settings' schema": {
    code: `consumer({ on: [OrderPlaced], settings: z.strictObject({ url: z.url() }), handle: async () => {} });`,
    errors: [[2322, "an inline callback has no settings: move it to a file of its own, with `module: import.meta`"]],
  },
  "owning what is not a table": {
    code: `consumer({ on: [OrderPlaced], uses: { lake: owned(bucket("put"), "id") }, handle: async () => {} });`,
    errors: [[2379, `Type '"bucket"' is not assignable to type '"table"'`]],
  },
  "reading of a body what its schema does not have": {
    code: `route({ module: import.meta, scopes: "public", body: z.strictObject({ sku: z.string() }), handle: async ({ body }) => ({ statusCode: 200, body: body.quantity }) });`,
    errors: [[2339, "Property 'quantity' does not exist on type '{ sku: string; }'"]],
  },
  "reading a body where there is no schema": {
    code: `route({ scopes: "public", handle: async ({ body }) => ({ statusCode: 200, body: body.sku }) });`,
    errors: [[18048, "'body' is possibly 'undefined'"]],
  },
  "answering without a status": {
    code: `route({ scopes: "public", handle: async () => ({ body: {} }) });`,
    errors: [[2322, "Property 'statusCode' is missing in type"]],
  },
  "serving a route that uses what is not offered": {
    code: `new OrderApi("api", { ...config, topic, resources: { orders, outbox }, routes: { "POST /orders": placeOrder } });`,
    errors: [[2322, missing("`POST /orders`", "table", "stock")]],
  },
  "serving a route that emits what the topic does not carry": {
    code: `const narrow = new FanOutTopic("n", { events: [OrderCancelled], module: eventsModule });
new OrderApi("api", { ...config, topic: narrow, resources, routes: { "POST /orders": placeOrder } });`,
    errors: [[2322, uncarried("`POST /orders`", "order.placed")]],
  },
  "serving a route by a method that there is not": {
    code: `new OrderApi("api", { ...config, topic, resources, routes: { "FETCH /x": route({ scopes: "public", handle: async () => ({ statusCode: 204 }) }) } });`,
    errors: [[2322, "`FETCH /x` is not a route: write a method and a path, such as `GET /orders/{orderId}`"]],
  },
  "serving a route without saying who may call it": {
    code: `route({ handle: async () => ({ statusCode: 204 }) });`,
    errors: [[2345, "Property 'scopes' is missing in type"]],
  },
  "serving a route by scopes that there are not, or by none": {
    code: `route({ scopes: ["order:read"], handle: async () => ({ statusCode: 204 }) });
route({ scopes: [], handle: async () => ({ statusCode: 204 }) });`,
    errors: [
      [2322, `Did you mean '"orders:read"'?`],
      [2322, "Source has 0 element(s) but target requires 1"],
    ],
  },
  "relaying without the orders table": {
    code: `new OrderStore("o", { ...config, topic, relay: scheduled({ module: import.meta, uses: { stock: table("get") }, handle: async () => {} }) });`,
    errors: [[2375, `Type '"stock"' is not assignable to type '"orders"'`]],
  },
};
