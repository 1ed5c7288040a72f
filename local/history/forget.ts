import type { DatabaseSync } from "node:sqlite";

/** Deletes an order with all about it. What it shared with other orders stays, but for calls that may have carried it. */
export function forgetOrder(database: DatabaseSync, number: number): void {
  const run = (sql: string): void => void database.prepare(sql).run(number);
  const own = "SELECT invocation FROM invocationsOfOrders WHERE orderNumber = ?1";
  run("DELETE FROM calls WHERE orderNumber = ?1");
  run("DELETE FROM complaints WHERE orderNumber = ?1");
  run(
    `DELETE FROM calls WHERE orderNumber IS NULL
       AND requestId IN (SELECT record ->> 'requestId' FROM invocations WHERE number IN (${own}))`,
  );
  run(
    `DELETE FROM invocations WHERE number IN (${own}) AND NOT EXISTS (
       SELECT 1 FROM invocationsOfOrders WHERE invocation = invocations.number AND orderNumber <> ?1)`,
  );
  run("DELETE FROM invocationsOfOrders WHERE orderNumber = ?1");
  run("DELETE FROM orders WHERE number = ?1");
}

/** Deletes the orders up to a number, and what nobody's order had before the first that stays. */
export function dropUpTo(database: DatabaseSync, number: number): void {
  const run = (sql: string): void => void database.prepare(sql).run(number);
  run(
    `DELETE FROM invocations WHERE number IN (SELECT invocation FROM invocationsOfOrders WHERE orderNumber <= ?1)
       AND NOT EXISTS (
         SELECT 1 FROM invocationsOfOrders WHERE invocation = invocations.number AND orderNumber > ?1)`,
  );
  run(
    `DELETE FROM calls WHERE orderNumber IS NULL
       AND number < (SELECT min(number) FROM calls WHERE orderNumber > ?1)`,
  );
  run(
    `DELETE FROM invocations WHERE number < (SELECT min(invocation) FROM invocationsOfOrders WHERE orderNumber > ?1)
       AND NOT EXISTS (SELECT 1 FROM invocationsOfOrders WHERE invocation = invocations.number)`,
  );
  run("DELETE FROM calls WHERE orderNumber <= ?1");
  run("DELETE FROM complaints WHERE orderNumber <= ?1");
  run("DELETE FROM invocationsOfOrders WHERE orderNumber <= ?1");
  run("DELETE FROM orders WHERE number <= ?1");
}
