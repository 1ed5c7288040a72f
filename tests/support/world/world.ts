import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { randomUUID } from "node:crypto";
import * as z from "zod";
import type { OrderRequest } from "../../../contracts/order.ts";
import { contactKey, orderKey, StoredOrder } from "../../../contracts/orders-table.ts";
import type { HostDefinition } from "../../../local/outside/define-host.ts";
import carrier from "../../../local/outside/hosts/carrier.ts";
import { cancelOrder, getOrder, placeOrder, releaseOrder } from "../../../handlers/index.ts";
import { orderOf } from "../orders.ts";
import { database, type Database } from "./database.ts";
import { prepareLives } from "./lives.ts";
import { readStack, type ConsumersConfig, type Stack } from "./stack.ts";
import { System, type Around } from "./system.ts";

export type { Around } from "./system.ts";

/**
 * The worlds of a suite: each the tests' stack, with these consumers in its config beside its own. Their handlers are
 * found in the registry; their queues, filters and environments are the evaluated program's.
 */
export function useWorlds({ consumers = {} }: { consumers?: ConsumersConfig } = {}) {
  let made: { stack: Stack; database: Database };
  before(async () => {
    made = await prepareWorlds(consumers);
  });
  // What a failed test left in the outbox would be published in the next one's world.
  beforeEach(() => made.database.empty(made.stack.outbox));
  return {
    /** A world of its own, in which the carrier and these hosts are played. */
    create: ({ hosts = [] }: { hosts?: readonly HostDefinition[] } = {}) =>
      new World(made.stack, made.database, [carrier, ...hosts]),
  };
}

/** What worlds with these consumers share, where there is no suite: the stack and the database. */
export async function prepareWorlds(consumers: ConsumersConfig): Promise<{ stack: Stack; database: Database }> {
  const [stack, started] = await Promise.all([readStack(consumers), database()]);
  await started.create(stack.tables);
  prepareLives();
  return { stack, database: started };
}

const Answer = z.looseObject({ orderId: z.string().optional() });
const Order = z.looseObject({ status: z.string(), timeline: z.array(z.object({ type: z.string() })) });
const Shipment = z.object({ key: z.string(), orderId: z.string(), cancelled: z.boolean() });
const Line = z.object({ id: z.string() });
const noFault: Around = (_handler, _call, perform) => perform();

/**
 * The real handlers and runtime on a real DynamoDB, with SNS, SQS, S3, SES and the hosts outside played at the one seam
 * where a function's calls leave it, and a time that passes only when the test or `settle` says so. This class is what
 * a shop does with the system, and sees of it.
 */
export class World extends System {
  /** Places an order by the route's own handler; the answer's status and body. */
  async place(over: Partial<OrderRequest>, headers: Record<string, string> = {}) {
    const body = JSON.stringify(orderOf(over));
    return read(await this.request("POST /orders", placeOrder, { headers, body }));
  }

  /** Places an order as a client with a key does: again until it is accepted, at most 200 times. Gives its id. */
  async accepted(over: Partial<OrderRequest>): Promise<string> {
    const key = { "idempotency-key": randomUUID() };
    for (let attempt = 0; attempt < 200; attempt++) {
      const { statusCode, body } = await this.place(over, key);
      if (statusCode === 201 && body.orderId !== undefined) return body.orderId;
    }
    throw new Error("200 times no 201");
  }

  async cancel(orderId: string) {
    return read(await this.request("POST /orders/{orderId}/cancel", cancelOrder, { pathParameters: { orderId } }));
  }

  async release(orderId: string, shippingAddress?: OrderRequest["shippingAddress"]) {
    const body = shippingAddress && { body: JSON.stringify({ shippingAddress }) };
    const request = { pathParameters: { orderId }, ...body };
    return read(await this.request("POST /orders/{orderId}/release", releaseOrder, request));
  }

  /** The order as its customer sees it. No fault of the test meets this call. */
  async order(orderId: string): Promise<z.output<typeof Order>> {
    const request = { pathParameters: { orderId } };
    return Order.parse(read(await this.request("GET /orders/{orderId}", getOrder, request, noFault)).body);
  }

  async status(orderId: string): Promise<string> {
    return (await this.order(orderId)).status;
  }

  /** The types of the events that an order has, in the order of their names. */
  async events(orderId: string): Promise<string[]> {
    return (await this.order(orderId)).timeline.map(({ type }) => type).sort();
  }

  /** Puts a SKU of the test's own on sale. */
  async sells(sku: string, onHand: number, unitPrice = 100): Promise<void> {
    await this.database.put(this.stack.names.stock, { sku, name: sku, unitPrice, currency: "EUR", onHand });
  }

  async onHand(sku: string): Promise<number> {
    return Number((await this.database.item(this.stack.names.stock, { sku }))?.["onHand"]);
  }

  async restock(sku: string, count: number): Promise<void> {
    await this.database.add(this.stack.names.stock, { sku }, "onHand", count);
  }

  /** Whether an order has taken its lines from the stock, and not given them back. */
  async holdsStock(orderId: string): Promise<boolean> {
    const item = await this.database.item(this.stack.names.orders, orderKey(orderId));
    return StoredOrder.parse(item).stockTaken === true;
  }

  /** The order's contact data as it is stored. */
  contact(orderId: string): Promise<Record<string, unknown> | undefined> {
    return this.database.item(this.stack.names.orders, contactKey(orderId));
  }

  /** Takes the order's contact data away, as `orders -- erase` does. */
  erase(orderId: string): Promise<void> {
    return this.database.remove(this.stack.names.orders, contactKey(orderId));
  }

  /** What the ledger has of an effect, such as `notifications#email`. */
  effect(eventId: string, effect: string) {
    return this.database.item(this.stack.names.effects, { eventId, effect });
  }

  /** What the carrier has booked, by idempotency key. */
  get shipments(): Map<string, { orderId: string; cancelled: boolean }> {
    const entries = this.outside.journal(carrier.host).map((entry) => Shipment.parse(entry));
    return new Map(entries.map(({ key, orderId, cancelled }) => [key, { orderId, cancelled }]));
  }

  async points(customerId: string): Promise<number> {
    return Number((await this.database.item("loyalty-balances", { id: `customer#${customerId}` }))?.["points"] ?? 0);
  }

  /** The event ids in the lake: a set, as the Athena view sees them. */
  stored(): Set<string> {
    const lines = [...this.providers.lake.values()].flatMap((body) => body.trimEnd().split("\n"));
    return new Set(lines.map((line) => Line.parse(JSON.parse(line)).id));
  }
}

const read = (answer: APIGatewayProxyStructuredResultV2 | undefined) => ({
  statusCode: answer?.statusCode,
  body: Answer.parse(JSON.parse(answer?.body ?? "{}")),
  text: answer?.body,
});
