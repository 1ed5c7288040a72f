import { expect } from "chai";
import { randomUUID } from "node:crypto";
import { jsonLog } from "../../../runtime/lambda/log.ts";
import { open, transact } from "../../../runtime/ports/table.ts";
import { onDatabase, scripted } from "../../support/calls.ts";
import { useWorlds } from "../../support/world/world.ts";

const { signal } = new AbortController();
const env = { NAME: "test", EVENT_SOURCE: "/test" };
const scope = { id: "1", correlationId: "1", signal, log: jsonLog({}) };

const QUERY = "dynamodb.Query";
const all = { KeyConditionExpression: "orderId = :id", ExpressionAttributeValues: { ":id": "o-1" } };

describe("a table's query()", () => {
  it("goes on from page to page, consistently", async () => {
    const [first, second] = [{ entry: "1" }, { entry: "2" }];
    const { calls, inputs } = scripted({
      [QUERY]: [{ Items: [first], LastEvaluatedKey: first }, { LastEvaluatedKey: second }, { Items: [second] }],
    });
    const orders = open({ resource: "orders", calls, env, settings: {} })(scope);

    expect(await orders.query(all)).to.deep.equal([first, second]);
    const query = { TableName: "orders", ConsistentRead: true, ...all };
    expect(inputs(QUERY)).to.deep.equal([
      { ...query, ExclusiveStartKey: undefined },
      { ...query, ExclusiveStartKey: first },
      { ...query, ExclusiveStartKey: second },
    ]);
  });

  it("reads one page where it has a limit", async () => {
    const { calls, asked } = scripted({ [QUERY]: [{ Items: [{ entry: "1" }], LastEvaluatedKey: { entry: "1" } }] });
    const orders = open({ resource: "orders", calls, env, settings: {} })(scope);
    expect(await orders.query({ ...all, Limit: 1 })).to.deep.equal([{ entry: "1" }]);
    expect(asked).to.deep.equal([QUERY]);
  });

  describe("on a real table", () => {
    const worlds = useWorlds();

    it("finds all where there is more than 1 MB, and no more than its limit", async () => {
      const { calls } = onDatabase();
      const orders = open({ resource: worlds.create().stack.names.orders, calls, env, settings: {} })(scope);
      const orderId = randomUUID();
      const entries = ["event#1", "event#2", "event#3", "event#4"];
      for (const entry of entries) {
        await transact([orders.put({ Item: { orderId, entry, text: "x".repeat(350_000) } })], calls, signal);
      }
      const ofOrder = { ...all, ExpressionAttributeValues: { ":id": orderId } };

      expect((await orders.query(ofOrder)).map(({ entry }) => entry)).to.deep.equal(entries);
      expect((await orders.query({ ...ofOrder, Limit: 2 })).map(({ entry }) => entry)).to.deep.equal(
        entries.slice(0, 2),
      );
    });
  });
});
