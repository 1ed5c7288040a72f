import { expect } from "chai";
import { DynamoDBServiceException } from "@aws-sdk/client-dynamodb";
import { fullJitter } from "../../../runtime/ports/backoff.ts";
import { transact } from "../../../runtime/ports/transact.ts";
import type { Write } from "../../../runtime/ports/transact.ts";
import { cancelled, scripted } from "../../support/calls.ts";

const TRANSACT = "dynamodb.TransactWriteItems";
const never = new AbortController().signal;
const write = (sku: string): Write => ({ item: { Delete: { TableName: "stock", Key: { sku } } } });
const [first, second] = [write("A"), write("B")];

const transacting = async (
  answers: Parameters<typeof scripted>[0][string],
  writes = [first, second],
  signal = never,
) => {
  const { calls, asked } = scripted({ [TRANSACT]: answers });
  const outcome = await transact(writes, calls, signal).then(
    (refused) => ({ refused }),
    (error: unknown) => ({ thrown: error instanceof Error ? error.name : "not an Error" }),
  );
  return { ...outcome, attempts: asked.length };
};

describe("transact()", () => {
  it("returns nothing when it has committed", async () => {
    expect(await transacting([{}])).to.deep.equal({ refused: [], attempts: 1 });
  });

  it("returns the writes whose condition did not hold, and does not try again", async () => {
    expect(await transacting([cancelled("None", "ConditionalCheckFailed")])).to.deep.equal({
      refused: [second],
      attempts: 1,
    });
    expect(await transacting([cancelled("ConditionalCheckFailed", "ConditionalCheckFailed")])).to.deep.equal({
      refused: [first, second],
      attempts: 1,
    });
  });

  for (const code of ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]) {
    it(`tries ${code} again, and takes it for no verdict`, async () => {
      expect(await transacting([cancelled(code, "None"), cancelled("None", code), {}])).to.deep.equal({
        refused: [],
        attempts: 3,
      });
    });

    it(`tries ${code} again beside a condition that did not hold: what counts is the last word`, async () => {
      const mixed = cancelled("ConditionalCheckFailed", code);
      expect(await transacting([mixed, {}])).to.deep.equal({ refused: [], attempts: 2 });
      expect(await transacting([mixed, cancelled("ConditionalCheckFailed", "None")])).to.deep.equal({
        refused: [first],
        attempts: 2,
      });
    });
  }

  it("throws a conflict that does not end, after 12 attempts", async () => {
    const conflicts = Array.from({ length: 13 }, () => cancelled("TransactionConflict", "None"));
    expect(await transacting(conflicts)).to.deep.equal({ thrown: "TransactionCanceledException", attempts: 12 });
  });

  it("throws at once what no retry can cure", async () => {
    expect(await transacting([cancelled("ValidationError", "None")])).to.deep.equal({
      thrown: "TransactionCanceledException",
      attempts: 1,
    });
    const denied = new DynamoDBServiceException({ name: "AccessDenied", $fault: "client", $metadata: {} });
    expect(await transacting([denied])).to.deep.equal({ thrown: "AccessDenied", attempts: 1 });
  });

  it("ends its waiting when it is aborted", async () => {
    const controller = new AbortController();
    const conflict = async () => {
      controller.abort();
      return Promise.reject(cancelled("TransactionConflict", "None"));
    };
    expect(await transacting([conflict], [first], controller.signal)).to.deep.equal({
      thrown: "AbortError",
      attempts: 1,
    });
  });

  it("publishes what was committed, in order, and only once it was", async () => {
    const told: string[] = [];
    const telling = (name: string): Write => ({ ...write(name), committed: async () => void told.push(name) });
    await transacting([cancelled("ConditionalCheckFailed", "None")], [telling("A"), telling("B")]);
    expect(told).to.deep.equal([]);
    await transacting([cancelled("TransactionConflict", "None"), {}], [telling("A"), telling("B")]);
    expect(told).to.deep.equal(["A", "B"]);
  });

  it("waits with full jitter: anything up to a bound that doubles, and never over a second", () => {
    for (const attempt of [1, 2, 3, 6, 12]) {
      const bound = Math.min(1_000, 25 * 2 ** attempt);
      const waits = Array.from({ length: 500 }, () => fullJitter(attempt));
      expect(Math.min(...waits)).to.be.within(0, bound / 10);
      expect(Math.max(...waits)).to.be.within((bound * 9) / 10, bound);
    }
  });
});
