import { expect } from "chai";
import { OrderPlaced } from "../../../contracts/events.ts";
import { ordersOutboxKey } from "../../../contracts/orders-table.ts";
import { jsonLog } from "../../../runtime/lambda/log.ts";
import type { Calls } from "../../../runtime/ports/calls.ts";
import { emission } from "../../../runtime/ports/outbox.ts";
import { transact } from "../../../runtime/ports/transact.ts";
import { captured } from "../../support/captured.ts";
import { placedData } from "../../support/lambda.ts";
import { useEndpoint } from "../../support/endpoint.ts";

/** A service that takes every request and answers none: without the signal a call ends by the client's own timeout. */
describe("a call that hangs when the deadline comes", () => {
  useEndpoint(["DYNAMODB", "SNS"], () => undefined);

  /** A seam whose deadline comes once its call has begun. */
  function interrupted() {
    const deadline = new AbortController();
    const asked: string[] = [];
    const calls: Calls = <T>(
      { service, operation }: { service: string; operation: string },
      perform: () => Promise<T>,
    ) => {
      asked.push(`${service}.${operation}`);
      const answer = perform();
      deadline.abort();
      return answer;
    };
    return { calls, asked, signal: deadline.signal };
  }

  it("is ended: a transaction", async () => {
    const { calls, asked, signal } = interrupted();
    const write = { item: { Delete: { TableName: "stock", Key: { sku: "A" } } } };
    const thrown = await transact([write], calls, signal).then(
      () => "nothing",
      (error: unknown) => (error instanceof Error ? error.name : "no Error"),
    );
    expect([thrown, asked]).to.deep.equal(["AbortError", ["dynamodb.TransactWriteItems"]]);
  });

  it("is ended: an event's publication, which is left to the relay", async () => {
    const { calls, asked, signal } = interrupted();
    const outbox = { OUTBOX: { table: "orders", ...ordersOutboxKey }, TOPIC_ARN: "arn", EVENT_SOURCE: "/test" };
    const scope = { id: "1", correlationId: "1", signal, log: jsonLog({}) };
    const { lines } = await captured(async () =>
      emission(OrderPlaced, "o-1", placedData, outbox, calls, scope).committed?.(),
    );
    expect([lines, asked]).to.deep.equal([
      [{ level: "warn", message: "left to the relay", correlationId: "1", event: "order.placed", error: "AbortError" }],
      ["sns.PublishBatch"],
    ]);
  });
});
