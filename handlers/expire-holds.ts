import * as z from "zod";
import { OrderCancelled } from "../contracts/events.ts";
import { ON_HOLD_INDEX } from "../contracts/orders-table.ts";
import { scheduled, table } from "../runtime/index.ts";
import { end, loadOrder } from "./orders.ts";

/** An order on hold as the index has it. */
const Held = z.object({ orderId: z.string(), onHoldSince: z.string() });
type Held = z.output<typeof Held>;

/** The orders that one query gives: the next run goes on. */
const PAGE = 500;

/**
 * Cancels the orders that have been on hold for longer than ON_HOLD_SECONDS: their stock comes back and the customer is
 * told, both by the event. The metric `OldestOnHoldSeconds` warns before. The condition on the hold that was seen decides
 * between it and a person who releases or cancels the order at the same moment.
 */
export default scheduled({
  module: import.meta,
  uses: { orders: table("get", "queryIndex", "update") },
  emits: [OrderCancelled],
  variables: ["ON_HOLD_SECONDS"],

  async handle({ orders, emit, transact, signal, env, log, metric }) {
    const now = Date.now();
    const ageOf = ({ onHoldSince }: Held): number => (now - Date.parse(onHoldSince)) / 1_000;
    const found = await orders.queryIndex({
      IndexName: ON_HOLD_INDEX,
      KeyConditionExpression: "#status = :held",
      ExpressionAttributeNames: { "#status": "status" },
      ExpressionAttributeValues: { ":held": "on-hold" },
      Limit: PAGE,
    });
    const held = Held.array().parse(found);
    metric("OldestOnHoldSeconds", held[0] ? ageOf(held[0]) : 0);

    let failures = 0;
    for (const one of held) {
      if (signal.aborted || ageOf(one) < env.ON_HOLD_SECONDS) break;
      try {
        await expire(one);
      } catch (error) {
        failures++;
        log.error("an order on hold could not be cancelled", error, { orderId: one.orderId });
      }
    }
    if (failures > 0) throw new Error(`${failures} orders stay on hold until the next run`);

    async function expire({ orderId, onHoldSince }: Held): Promise<void> {
      const order = await loadOrder(orders, orderId);
      if (!order) return;
      const refused = await transact([
        ...end(orders, orderId, "cancelled", { cancelledBecause: "on-hold" }, { from: "on-hold", onHoldSince }),
        emit(OrderCancelled, orderId, { customerId: order.customerId }),
      ]);
      if (refused.length === 0) log.info("cancelled: on hold for too long", { orderId, since: onHoldSince });
    }
  },
});
