import { OrderCancelled, OrderConfirmed, OrderPlaced, OrderRejected } from "../contracts/events.ts";
import { consumer, table } from "../runtime/index.ts";
import { end, linesOf, loadOrderOfBatch, markStockReturned, moveTo } from "./orders.ts";

/**
 * Deducts every line or none, in one transaction with the order's new status and the event that announces it. When an
 * order is cancelled, its stock comes back if any was taken. How much of what, the stored order says, never the event:
 * whoever can send to the queue moves nothing that was not ordered.
 */
export default consumer({
  module: import.meta,
  on: [OrderPlaced, OrderCancelled],
  emits: [OrderConfirmed, OrderRejected],
  uses: { orders: table("getMany", "update"), stock: table("update") },
  // One after the other: the orders of a batch often want the same SKU, and their transactions would conflict.
  concurrency: 1,
  readsFirst: true,

  async handle(event, { orders, stock, emit, transact, log }) {
    const orderId = event.subject;
    const order = await loadOrderOfBatch(orders, orderId);
    if (event.type === "order.cancelled") return returnStock();
    if (order.status !== "placed") return log.info("nothing to do: the order has moved on");
    const { customerId, items, total } = order;
    const lines = linesOf(items);
    const confirm = orders.update(moveTo(orderId, "confirmed", { stockTaken: true }, { from: "placed" }));
    const deduct = lines.map(({ sku, quantity }) => ({
      sku,
      quantity,
      write: stock.update({
        Key: { sku },
        UpdateExpression: "SET onHand = onHand - :quantity",
        ConditionExpression: "onHand >= :quantity",
        ExpressionAttributeValues: { ":quantity": quantity },
      }),
    }));
    const refused = await transact([
      confirm,
      ...deduct.map(({ write }) => write),
      emit(OrderConfirmed, orderId, { customerId, lines, total }),
    ]);
    if (refused.length === 0) return log.info("confirmed", { lines: lines.length });
    if (refused.includes(confirm)) return log.info("nothing to do: the order has moved on");

    const shortages = deduct
      .filter(({ write }) => refused.includes(write))
      .map(({ sku, quantity }) => ({ sku, requested: quantity }));
    if (shortages.length === 0) throw new Error("order.confirmed is in the outbox of an order that is only placed");
    const refusedAgain = await transact([
      ...end(orders, orderId, "rejected"),
      emit(OrderRejected, orderId, { customerId, shortages }),
    ]);
    if (refusedAgain.length === 0) log.info("rejected", { short: shortages.map(({ sku }) => sku).join(" ") });

    async function returnStock(): Promise<void> {
      const mark = orders.update(markStockReturned(orderId));
      let back = order.items.map(({ sku, quantity }) =>
        stock.update({
          Key: { sku },
          UpdateExpression: "ADD onHand :quantity",
          ConditionExpression: "attribute_exists(sku)",
          ExpressionAttributeValues: { ":quantity": quantity },
        }),
      );
      for (;;) {
        const refused = await transact([mark, ...back]);
        if (refused.includes(mark)) return log.info("no stock to return");
        if (refused.length === 0) break;
        // A discontinued SKU has no stock item; the other lines come back all the same.
        back = back.filter((write) => !refused.includes(write));
      }
      const discontinued = order.items.length - back.length;
      if (discontinued > 0) return log.warn("stock returned, except discontinued SKUs", { discontinued });
      log.info("stock returned", { lines: back.length });
    }
  },
});
