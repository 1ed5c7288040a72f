import { expect } from "chai";
import * as z from "zod";
import { OrderPlaced } from "../../../contracts/events.ts";
import { consumer, secret, table } from "../../../runtime/index.ts";
import { consume } from "../../../runtime/lambda/consume.ts";
import { jsonLog } from "../../../runtime/lambda/log.ts";
import { open } from "../../../runtime/ports/table.ts";
import { scripted, type Answer } from "../../support/calls.ts";
import { captured, quietly } from "../../support/captured.ts";
import { batchOf, clock, failures, variables } from "../../support/lambda.ts";

const READ = "dynamodb.BatchGetItem";
const item = (id: string) => ({ id, text: `of ${id}` });
const found = (...ids: string[]): Answer => ({ Responses: { things: ids.map(item) } });
const Asked = z
  .array(
    z.object({
      RequestItems: z.object({
        things: z.object({ ConsistentRead: z.literal(true), Keys: z.array(z.object({ id: z.string() })) }),
      }),
    }),
  )
  .transform((calls) => calls.map(({ RequestItems }) => RequestItems.things.Keys.map(({ id }) => id)));

/** What events that ask at the same time get, each for its keys; and the keys of each call. */
async function gathered(answers: Answer[], ...asking: string[][]) {
  const { calls, inputs } = scripted({ [READ]: answers });
  const { signal } = new AbortController();
  const things = open({ resource: "things", calls, env: { NAME: "test", EVENT_SOURCE: "/test" }, settings: {} });
  const scope = { id: "1", correlationId: "1", signal, log: jsonLog({}), turn: async () => undefined };
  const got = await Promise.all(
    asking.map((ids) =>
      things(scope)
        .getMany(ids.map((id) => ({ id })))
        .then(
          (items) => items.map(({ id }) => id),
          (error: unknown) => (error instanceof Error ? error.name : "no Error"),
        ),
    ),
  );
  return { got, asked: Asked.parse(inputs(READ)) };
}

describe("the reads of a batch", () => {
  it("are one call, consistent, in which no key is twice; each event gets what it asked for", async () => {
    const { got, asked } = await gathered([found("c", "a")], ["a", "b"], ["a", "c"]);
    expect(got).to.deep.equal([["a"], ["a", "c"]]);
    expect(asked).to.deep.equal([["a", "b", "c"]]);
  });

  it("are as many calls as DynamoDB wants: 100 keys in each", async () => {
    const ids = Array.from({ length: 150 }, (_, index) => String(index));
    const { asked } = await gathered([found(), found()], ids.slice(0, 80), ids.slice(80));
    expect(asked.map((keys) => keys.length)).to.deep.equal([80, 70]);
  });

  it("ask again for what DynamoDB left out", async () => {
    const part: Answer = { Responses: { things: [item("a")] }, UnprocessedKeys: { things: { Keys: [{ id: "b" }] } } };
    const { got, asked } = await gathered([part, found("b")], ["a"], ["b"]);
    expect([got, asked]).to.deep.equal([
      [["a"], ["b"]],
      [["a", "b"], ["b"]],
    ]);
  });

  it("fail for one event alone whose key is none, and for all when DynamoDB does not answer", async () => {
    const invalid = Object.assign(new Error("no key"), { name: "ValidationException" });
    const { got, asked } = await gathered([invalid, found("a"), invalid], ["a"], [""]);
    expect([got, asked]).to.deep.equal([
      [["a"], "ValidationException"],
      [["a", ""], ["a"], [""]],
    ]);
    const throttled = Object.assign(new Error("slow down"), { name: "ThrottlingException" });
    const failed = await gathered([throttled], ["a"], ["b"]);
    expect(failed.got).to.deep.equal(["ThrottlingException", "ThrottlingException"]);
  });
});

describe("a consumer that reads first", () => {
  /** A secret stands for all that is no read of a table. */
  const reading = (after: (orderId: string) => Promise<void>) =>
    consumer({
      module: import.meta,
      on: [OrderPlaced],
      uses: { things: table("getMany"), word: secret("get") },
      concurrency: 2,
      readsFirst: true,
      handle: async ({ subject }, { things, word }) => {
        await things.getMany([{ id: subject }]);
        await word.get();
        await after(subject);
      },
    });
  const env = variables({ RESOURCES: '{"things":"things"}' });

  it("begins all events of a batch, and goes on with as many as its concurrency says, in their order", async () => {
    const { calls, inputs } = scripted({ [READ]: [found()] });
    let [running, peak] = [0, 0];
    const order: string[] = [];
    const handler = consume(
      reading(async (orderId) => {
        order.push(orderId);
        peak = Math.max(peak, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        if (orderId === "o-2") throw new Error("no");
      }),
      env,
      calls,
    );
    expect(await quietly(() => handler(batchOf(4), clock()))).to.deep.equal(failures("m-2"));
    expect(Asked.parse(inputs(READ))).to.deep.equal([["o-1", "o-2", "o-3", "o-4"]]);
    expect([peak, order]).to.deep.equal([2, ["o-1", "o-2", "o-3", "o-4"]]);
  });

  it("goes on with nothing when less than 3 s are left", async () => {
    const { calls } = scripted({ [READ]: [found()] });
    let left = 30_000;
    const handler = consume(
      reading(async () => void (left = 3_000)),
      env,
      calls,
    );
    const { result, lines } = await captured(() => handler(batchOf(4), { getRemainingTimeInMillis: () => left }));
    expect(result).to.deep.equal(failures("m-3", "m-4"));
    expect(lines.map(({ message }) => message)).to.deep.equal([
      "unprocessed: too little time is left",
      "unprocessed: too little time is left",
    ]);
  });
});
