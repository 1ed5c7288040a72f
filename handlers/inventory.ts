import { OrderCancelled, OrderConfirmed, OrderPlaced, OrderRejected } from "../contracts/events.ts";
import { statusesBefore, StoredOrder } from "../contracts/order.ts";
import { consumer, table } from "../runtime/define/consumer.ts";
import { fromStatus } from "./orders.ts";

/**
 * Deducts every line or none, in one transaction with the order's new status and the event that tells it. Of a
 * cancelled order it gives back exactly what it took: the order itself says whether that is something.
 */
export default consumer({
  module: import.meta,
  on: [OrderPlaced, OrderCancelled],
  emits: [OrderConfirmed, OrderRejected],
  uses: { orders: table("get", "update"), stock: table("update") },
  // One after the other: the orders of a batch often want the same SKU, and would be in each other's way.
  concurrency: 1,

  async handle(event, { orders, stock, emit, transact, log }) {
    const orderId = event.subject;
    if (event.type === "order.cancelled") return giveBack();

    const { customerId, lines, total } = event.data;
    const confirm = orders.update(
      fromStatus(orderId, statusesBefore("confirmed"), { status: "confirmed", stockTaken: true }),
    );
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
      orders.update(fromStatus(orderId, statusesBefore("rejected"), { status: "rejected" })),
      emit(OrderRejected, orderId, { customerId, shortages }),
    ]);
    if (refusedAgain.length === 0) log.info("rejected", { short: shortages.map(({ sku }) => sku).join(" ") });

    async function giveBack(): Promise<void> {
      const { items } = StoredOrder.parse(await orders.get({ orderId, entry: "order" }));
      const mark = orders.update({
        Key: { orderId, entry: "order" },
        UpdateExpression: "SET stockTaken = :no",
        ConditionExpression: "stockTaken = :yes AND #status = :cancelled",
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: { ":yes": true, ":no": false, ":cancelled": "cancelled" },
      });
      const back = items.map(({ sku, quantity }) =>
        stock.update({
          Key: { sku },
          UpdateExpression: "ADD onHand :quantity",
          ConditionExpression: "attribute_exists(sku)",
          ExpressionAttributeValues: { ":quantity": quantity },
        }),
      );
      const refused = await transact([mark, ...back]);
      if (refused.includes(mark)) return log.info("nothing to give back");
      if (refused.length > 0) {
        // What is not sold any more has no stock to be given back to.
        await transact([mark, ...back.filter((write) => !refused.includes(write))]);
        return log.warn("stock given back, but for what is not sold any more", { gone: refused.length });
      }
      log.info("stock given back", { lines: items.length });
    }
  },
});
