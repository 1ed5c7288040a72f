import { expect } from "chai";
import { OrderPlaced } from "../../../contracts/events.ts";
import { consume } from "../../../runtime/lambda/consume.ts";
import { bucket, consumer, ledger, table } from "../../../runtime/index.ts";
import { variables } from "../../support/lambda.ts";

const on = [OrderPlaced];

describe("a consumer's environment", () => {
  it("is checked when the code is loaded, and names all that is missing", () => {
    const definition = consumer({
      module: import.meta,
      on,
      emits: [OrderPlaced],
      uses: { orders: table("update"), effects: ledger("once"), lake: bucket("put") },
      handle: async () => {},
    });
    expect(() => consume(definition, { LEASE_SECONDS: "soon" })).to.throw(
      'The environment of "this function" is wrong: OUTBOX is missing; TOPIC_ARN is missing; NAME is missing; ' +
        "EVENT_SOURCE is missing; LEASE_SECONDS: Invalid input: expected number, received NaN.",
    );
    const given = { OUTBOX: "{}", TOPIC_ARN: "arn", LEASE_SECONDS: "9", RESOURCES: '{"lake":"l"}' };
    expect(() => consume(definition, variables({ ...given, OUTBOX: "{" }))).to.throw(
      'The environment of "test" is wrong: OUTBOX: must be JSON.',
    );
    const outbox = { table: "orders", partitionKey: "orderId", sortKey: "entry", sortKeyPrefix: "event#" };
    expect(() => consume(definition, variables({ ...given, OUTBOX: JSON.stringify(outbox) }))).to.throw(
      'The environment of "test" is wrong: RESOURCES.orders (a table), RESOURCES.effects (a ledger) is missing.',
    );
  });
});
