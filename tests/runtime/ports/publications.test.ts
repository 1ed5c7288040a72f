import { expect } from "chai";
import * as z from "zod";
import { OrderConfirmed, OrderPlaced } from "../../../contracts/events.ts";
import { consumer, table } from "../../../runtime/index.ts";
import { consume } from "../../../runtime/lambda/consume.ts";
import { scripted, type Answer } from "../../support/calls.ts";
import { captured } from "../../support/captured.ts";
import { batchOf, clock, emitting, failures, variables } from "../../support/lambda.ts";

const [COMMIT, PUBLISH, CLEAR] = [
  "dynamodb.TransactWriteItems",
  "sns.PublishBatch",
  "dynamodb.BatchWriteItem",
] as const;
const env = variables({ RESOURCES: '{"orders":"orders"}', ...emitting });
const Message = z.string().transform((text) => z.object({ subject: z.string() }).parse(JSON.parse(text)).subject);
const Published = z
  .array(z.object({ PublishBatchRequestEntries: z.array(z.object({ Message })) }))
  .transform((calls) => calls.map((call) => call.PublishBatchRequestEntries.map((entry) => entry.Message)));
const Cleared = z
  .array(
    z.object({
      RequestItems: z.object({
        orders: z.array(z.object({ PutRequest: z.object({ Item: z.looseObject({ orderId: z.string() }) }) })),
      }),
    }),
  )
  .transform((calls) => calls.map(({ RequestItems }) => RequestItems.orders.map(({ PutRequest }) => PutRequest.Item)));
const taken = (count: number): Answer => ({
  Successful: Array.from({ length: count }, (_, index) => ({ Id: String(index) })),
});

/** Delivers events, each of which is confirmed; `meanwhile` runs after the commit of each. */
async function deliver(
  count: number,
  script: Partial<Record<typeof PUBLISH | typeof CLEAR, Answer[]>>,
  meanwhile: (orderId: string) => Promise<void> = async () => undefined,
) {
  const { calls, asked, inputs } = scripted({ [COMMIT]: Array.from({ length: count }, () => ({})), ...script });
  const confirming = consumer({
    module: import.meta,
    on: [OrderPlaced],
    emits: [OrderConfirmed],
    uses: { orders: table("put") },
    concurrency: 1,
    handle: async ({ subject, data }, { emit, transact }) => {
      await transact([emit(OrderConfirmed, subject, data)]);
      await meanwhile(subject);
    },
  });
  const { result, lines } = await captured(() => consume(confirming, env, calls)(batchOf(count), clock()));
  const warnings = lines.map(({ message, correlationId, error }) => ({ message, correlationId, error }));
  const cleared = Cleared.parse(inputs(CLEAR));
  return { result, asked, published: Published.parse(inputs(PUBLISH)), cleared, warnings };
}
const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `o-${from + index}`);

describe("the publications of a batch", () => {
  it("publishes the events of a batch together, and takes off their marks before the batch is reported", async () => {
    const { result, asked, published, cleared } = await deliver(3, { [PUBLISH]: [taken(3)], [CLEAR]: [{}] });
    expect([result, asked]).to.deep.equal([failures(), [COMMIT, COMMIT, COMMIT, PUBLISH, CLEAR]]);
    expect(published).to.deep.equal([ids(1, 3)]);
    const [items = []] = cleared;
    expect(items.map(({ orderId }) => orderId)).to.deep.equal(ids(1, 3));
    // The same item as was committed, but for the mark.
    expect(items.map((item) => Object.keys(item).sort())).to.deep.equal(
      items.map(() => ["at", "correlationId", "entry", "event", "group", "orderId"]),
    );
  });

  it("publishes when 10 wait: SNS takes no more in one call", async () => {
    const { published } = await deliver(12, { [PUBLISH]: [taken(10), taken(2)], [CLEAR]: [{}, {}] });
    expect(published).to.deep.equal([ids(1, 10), ids(11, 12)]);
  });

  it("does not keep an event waiting for a batch that goes on", async () => {
    const out = Promise.withResolvers<undefined>();
    const first = async () => {
      out.resolve(undefined);
      return { Successful: [{ Id: "0" }] };
    };
    const script = { [PUBLISH]: [first, taken(1)], [CLEAR]: [{}, {}] };
    const { published } = await deliver(2, script, async (orderId) => {
      if (orderId === "o-1") await out.promise;
    });
    expect(published).to.deep.equal([["o-1"], ["o-2"]]);
  });

  it("takes off the marks of what SNS took, and leaves the others to the relay", async () => {
    const script = { [PUBLISH]: [{ Successful: [{ Id: "1" }] }], [CLEAR]: [{}] };
    const { result, cleared, warnings } = await deliver(2, script);
    expect(result).to.deep.equal(failures());
    expect(cleared.map((items) => items.map(({ orderId }) => orderId))).to.deep.equal([["o-2"]]);
    const correlationId = "o-1/order.placed";
    expect(warnings).to.deep.equal([{ message: "left to the relay", correlationId, error: "not taken by SNS" }]);
  });

  it("leaves all to the relay where SNS is down, or the marks cannot be taken off", async () => {
    const down = Object.assign(new Error("down"), { name: "TimeoutError" });
    const left = ["o-1", "o-2"].map((id) => ({
      message: "left to the relay",
      correlationId: `${id}/order.placed`,
      error: "TimeoutError",
    }));
    for (const script of [{ [PUBLISH]: [down] }, { [PUBLISH]: [taken(2)], [CLEAR]: [down] }]) {
      const { result, warnings } = await deliver(2, script);
      expect([result, warnings]).to.deep.equal([failures(), left]);
    }
  });

  it("says where DynamoDB left a mark", async () => {
    const unprocessed = { UnprocessedItems: { orders: [{ PutRequest: { Item: {} } }] } };
    const { result, warnings } = await deliver(1, { [PUBLISH]: [taken(1)], [CLEAR]: [unprocessed] });
    const message = "DynamoDB left marks on published events: the relay takes them off";
    expect([result, warnings.map((warning) => warning.message)]).to.deep.equal([failures(), [message]]);
  });
});
