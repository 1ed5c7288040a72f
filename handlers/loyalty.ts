import { OrderConfirmed } from "../contracts/events.ts";
import { fractionDigits } from "../contracts/text.ts";
import { consumer, owned, table } from "../runtime/index.ts";

/** One point for each whole major unit spent, once per event: the claim and the points share a transaction. */
export default consumer({
  module: import.meta,
  on: [OrderConfirmed],
  uses: { balances: owned(table("put", "update"), "id") },

  async handle({ id, data: { customerId, total } }, { balances, transact, log }) {
    const points = Math.floor(total.amount / 10 ** fractionDigits(total.currency));
    const refused = await transact([
      balances.put({ Item: { id: `event#${id}`, points }, ConditionExpression: "attribute_not_exists(id)" }),
      balances.update({
        Key: { id: `customer#${customerId}` },
        UpdateExpression: "ADD points :points",
        ExpressionAttributeValues: { ":points": points },
      }),
    ]);
    if (refused.length === 0) log.info("points added", { points });
  },
});
