import { DeleteCommand, GetCommand, PutCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { randomBytes } from "node:crypto";
import * as z from "zod";
import type { Target } from "../../commands/shared/target.ts";
import { effectsIn, StoredEffect } from "../../contracts/ledger.ts";
import type { OrderRequest } from "../../contracts/order.ts";
import { keyKey } from "../../contracts/orders-table.ts";
import { until } from "../support/until.ts";
import { send, type Answer } from "./http.ts";

/** An order as the API shows it, when it is placed and later. */
export const Placed = z.looseObject({ orderId: z.string(), status: z.string(), placedAt: z.string() });
export type Placed = z.output<typeof Placed>;
const View = Placed.extend({ timeline: z.array(z.object({ type: z.string(), at: z.string() })) });
export type View = z.output<typeof View>;

/**
 * Where the API is. `host` is sent as the Host header, for emulators that tell their APIs apart by it; `token` where the
 * stack has `auth`: it needs the scope orders:service, since the checks have a customer of their own.
 */
export interface ApiAddress {
  readonly url: string;
  readonly host?: string | undefined;
  readonly token?: string | undefined;
}

/** How long a deployed stack may take for what an order goes through, in seconds: a function's first start, a retry. */
const PATIENCE_SECONDS = 120;

/**
 * A client of one stack and its engineer: HTTP and the AWS SDKs, nothing else. It has a customer and products of its own,
 * and remembers what it has made, so that it can take it away.
 */
export class StackClient {
  readonly target: Target;
  /** The options by which a command works on the same stack. */
  readonly where: readonly string[];
  /** Its customer's id, and the beginning of its products' SKUs. */
  readonly customerId = `smoke-${randomBytes(4).toString("hex")}`;
  readonly #api: ApiAddress;
  readonly #skus: string[] = [];
  readonly #orders: string[] = [];

  constructor(target: Target, api: ApiAddress, where: readonly string[]) {
    this.target = target;
    this.where = where;
    this.#api = api;
  }

  /** Sends a request. The API's throttle is not what is checked: a request that meets it is sent again. */
  request(method: string, path: string, headers: Record<string, string> = {}, body?: string | Buffer): Promise<Answer> {
    const { url, host, token } = this.#api;
    const own = {
      ...(host !== undefined && { host }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    return until(`${method} ${path} is not throttled`, async () => {
      const answer = await send(method, `${url}${path}`, { ...headers, ...own }, body);
      return answer.status !== 429 && answer;
    });
  }

  /** A request for one piece of a product. The address is Amazon's for tests, which counts towards no quota:
   * https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-email-simulator */
  order(sku: string, over: Partial<OrderRequest> = {}): OrderRequest {
    return {
      customerId: this.customerId,
      customer: { name: "Smoke Test", email: "success@simulator.amazonses.com" },
      shippingAddress: { line1: "1 Test Way", city: "London", postalCode: "SW1Y 4JH", countryCode: "GB" },
      items: [{ sku, quantity: 1 }],
      ...over,
    };
  }

  async post(order: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const all = { "content-type": "application/json", ...headers };
    const answer = await this.request("POST", "/orders", all, JSON.stringify(order));
    const orderId = /^\/orders\/(.+)$/.exec(answer.headers.get("location") ?? "")?.[1];
    if (orderId !== undefined && !this.#orders.includes(orderId)) this.#orders.push(orderId);
    return answer;
  }

  /** Places an order and gives its id. */
  async place(order: OrderRequest): Promise<string> {
    const { status, text } = await this.post(order);
    if (status !== 201) throw new Error(`POST /orders answered ${status}: ${text}`);
    return Placed.parse(JSON.parse(text)).orderId;
  }

  async view(orderId: string): Promise<View> {
    const { status, text } = await this.request("GET", `/orders/${orderId}`);
    if (status !== 200) throw new Error(`GET /orders/${orderId} answered ${status}: ${text}`);
    return View.parse(JSON.parse(text));
  }

  /** Waits until an order has one of these statuses. */
  reaches(orderId: string, ...statuses: readonly string[]): Promise<View> {
    return until(
      `order ${orderId} is ${statuses.join(" or ")}`,
      async () => {
        const view = await this.view(orderId);
        return statuses.includes(view.status) && view;
      },
      PATIENCE_SECONDS,
    );
  }

  /** Puts a product of its own on sale, at 12.99, and gives its SKU. */
  async sells(onHand: number, currency = "EUR"): Promise<string> {
    const sku = `${this.customerId}-${this.#skus.length + 1}`;
    this.#skus.push(sku);
    const Item = { sku, name: "Smoke test: not for sale", unitPrice: 1_299, currency, onHand };
    await this.target.documents.send(new PutCommand({ TableName: this.target.outputs.tables.stock, Item }));
    return sku;
  }

  async onHand(sku: string): Promise<unknown> {
    const { Item } = await this.target.documents.send(
      new GetCommand({ TableName: this.target.outputs.tables.stock, Key: { sku }, ConsistentRead: true }),
    );
    return Item?.["onHand"];
  }

  /** The order's own items: the order, its contact, its events. */
  async items(orderId: string): Promise<Record<string, unknown>[]> {
    const { Items = [] } = await this.target.documents.send(
      new QueryCommand({
        TableName: this.target.outputs.tables.orders,
        KeyConditionExpression: "orderId = :id",
        ExpressionAttributeValues: { ":id": orderId },
        ConsistentRead: true,
      }),
    );
    return Items;
  }

  /** What was done, once, because of an order's event. */
  async effects(orderId: string, type: string): Promise<StoredEffect[]> {
    const { Items = [] } = await this.target.documents.send(
      new QueryCommand({
        TableName: this.target.outputs.tables.effects,
        KeyConditionExpression: "eventId = :event",
        ExpressionAttributeValues: { ":event": `${orderId}/${type}` },
        ConsistentRead: true,
      }),
    );
    return StoredEffect.array().parse(Items).flatMap(effectsIn);
  }

  /** The orders that it has placed. */
  get orders(): readonly string[] {
    return this.#orders;
  }

  /**
   * Takes its orders, their effects and its products away, once each customer has been told of everything: a consumer that
   * came later would not find its order, and its message would end as a dead letter.
   */
  async cleanUp(): Promise<void> {
    const { orders, effects, stock } = this.target.outputs.tables;
    for (const orderId of this.#orders) {
      const { timeline } = await this.view(orderId);
      await until(`the customer of order ${orderId} is told`, () => this.isTold(orderId, timeline), PATIENCE_SECONDS);
      for (const { type } of timeline) {
        for (const { eventId, effect } of await this.effects(orderId, type)) {
          await this.#delete(effects, { eventId, effect });
        }
      }
      for (const { entry, keyHash } of await this.items(orderId)) {
        if (typeof keyHash === "string") await this.#delete(orders, keyKey(keyHash));
        await this.#delete(orders, { orderId, entry });
      }
    }
    for (const sku of this.#skus) await this.#delete(stock, { sku });
  }

  async isTold(orderId: string, timeline: View["timeline"]): Promise<boolean> {
    if (!("notifications" in this.target.outputs.consumers)) return true;
    const types = timeline.map(({ type }) => type).filter((type) => TOLD.includes(type));
    const effects = await Promise.all(types.map((type) => this.effects(orderId, type)));
    return effects.every((one) => one.some(({ outcome }) => outcome !== undefined));
  }

  async #delete(TableName: string, Key: Record<string, unknown>): Promise<void> {
    await this.target.documents.send(new DeleteCommand({ TableName, Key }));
  }
}

/** The events on which the customer gets an e-mail. */
const TOLD = ["order.placed", "order.rejected", "order.cancelled", "shipment.booked"];
