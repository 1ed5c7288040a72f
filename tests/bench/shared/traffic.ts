import autocannon from "autocannon";
import * as z from "zod";
import { CommandError } from "../../../commands/shared/console.ts";
import { newOrder } from "./shop.ts";

/** What a number of clients, each of which waits for its answer, got. */
export interface Traffic {
  /** The accepted orders, as they were answered. */
  readonly orderIds: readonly string[];
  /** The time of each accepted order's answer, in milliseconds. */
  readonly answerMs: readonly number[];
  /** From the first request to the last answer. */
  readonly durationMs: number;
  /** Other answers by status, and "error" for requests without one. */
  readonly others: Readonly<Record<string, number>>;
}

const Accepted = z.looseObject({ orderId: z.string() });

/**
 * Places orders by `POST /orders`, each by a new customer and without an Idempotency-Key.
 * @throws CommandError if none was accepted.
 */
export async function placeOrders(ordersUrl: string, clients: number, orders: number): Promise<Traffic> {
  const orderIds: string[] = [];
  const answerMs: number[] = [];
  const others: Record<string, number> = {};
  const other = (kind: string) => (others[kind] = (others[kind] ?? 0) + 1);
  const began = performance.now();
  const options: autocannon.Options = {
    url: ordersUrl,
    connections: clients,
    amount: orders,
    timeout: 60,
    requests: [
      {
        method: "POST",
        headers: { "content-type": "application/json" },
        setupRequest: (request) => ({ ...request, body: newOrder() }),
        onResponse: (status, body) =>
          status === 201 ? orderIds.push(Accepted.parse(JSON.parse(body)).orderId) : other(String(status)),
      },
    ],
  };
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const cannon = autocannon(options, (error) => (error instanceof Error ? reject(error) : resolve()));
  let durationMs = 0;
  // autocannon itself counts in whole milliseconds, and ends up to a second after the last answer.
  cannon.on("response", (_client, status, _bytes, ms) => {
    durationMs = performance.now() - began;
    if (status === 201) answerMs.push(ms);
    if (orderIds.length + Object.values(others).reduce((sum, count) => sum + count, 0) === orders) resolve();
  });
  cannon.on("reqError", () => other("error"));
  await done;
  if (orderIds.length === 0)
    throw new CommandError(
      `No order was accepted at ${ordersUrl}: ${JSON.stringify(others)}. Look at \`npm start\` there.`,
    );
  return { orderIds, answerMs, durationMs, others };
}

/** Places one order and gives its id. */
export async function placeOrder(ordersUrl: string): Promise<string> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(ordersUrl, { method: "POST", headers, body: newOrder() });
  if (response.status !== 201) throw new CommandError(`POST ${ordersUrl} answered ${response.status}. Try again.`);
  return Accepted.parse(await response.json()).orderId;
}
