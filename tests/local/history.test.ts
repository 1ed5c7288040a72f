import { expect } from "chai";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AnsweredCall } from "../../local/endpoint/call-log.ts";
import { openHistory, type History, type HistoryArgs } from "../../local/history/history.ts";
import type { EndedInvocation } from "../../local/history/records.ts";

const idOf = (count: number): string => `11111111-1111-4111-8111-${String(count).padStart(12, "0")}`;
const [one, other] = [idOf(1), "22222222-2222-4222-8222-222222222222"];
const at = Date.parse("2026-11-24T10:00:00.000Z");
const asked = [{ action: "dynamodb:GetItem", resource: "arn:aws:dynamodb:eu-west-1:000000000000:table/orders" }];
const facts = {
  function: "seller",
  requestId: "r-1",
  operation: "dynamodb:GetItem",
  verdict: "allowed",
  asked,
  status: 200,
  durationMs: 1.5,
} as const;
const call = (body: string, over: Partial<AnsweredCall> = {}): AnsweredCall => ({
  at,
  ...facts,
  body: () => body,
  ...over,
});
const record = (orderId?: string) => ({
  at: "2026-11-24T10:00:00.000Z",
  ...facts,
  ...(orderId !== undefined && { orderId }),
});
const eventOf = (orderId: string) => `{"id":"${orderId}/order.placed","type":"order.placed","subject":"${orderId}"}`;
const batch = (requestId: string, ...orderIds: string[]): EndedInvocation => ({
  at,
  durationMs: 20,
  function: "seller",
  requestId,
  cause: {
    kind: "batch",
    queue: "sales",
    messages: orderIds.map((id) => ({ messageId: `m-${id}`, receives: 2, failed: true, body: eventOf(id) })),
  },
});

describe("the history", () => {
  let state: string;
  let history: History;
  const open = async (over: Partial<HistoryArgs> = {}): Promise<History> => {
    history = await openHistory({
      state,
      trouble: (_file, error) => {
        throw error;
      },
      ...over,
    });
    return history;
  };
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), "order-fanout-history-"));
  });
  afterEach(() => rmSync(state, { recursive: true }));

  const about: Readonly<Record<string, readonly [body: string, orderId: string | undefined]>> = {
    "an item's key": [`{"TableName":"orders","Key":{"orderId":{"S":"${one}"},"entry":{"S":"order"}}}`, one],
    "the ledger's key": [`{"Key":{"eventId":{"S":"${one}/order.placed"},"effect":{"S":"x"}}}`, one],
    "a published event": [`{"id":"x","subject":"${one}","data":{"customerId":"${other}"}}`, one],
    "an e-mail's tag": [`{"EmailTags":[{"Name":"orderId","Value":"${one}"}]}`, one],
    "an SMS's attribute": [`Publish\n+44\norderId\nString\n${one}`, one],
    "a batch of two orders": [`{"orderId":{"S":"${one}"}},{"orderId":{"S":"${other}"}}`, undefined],
    none: [`{"correlationId":"${one}","sku":"MUG-001"}`, undefined],
  };
  it("names the order that a call is about, by whatever carries its id, and none where there are two", async () => {
    const { add, list, stop } = await open();
    for (const [body] of Object.values(about)) add(call(body));
    expect(list()).to.deep.equal(Object.values(about).map(([, orderId]) => record(orderId)));
    expect(list(one)).to.have.length(5);
    expect(list(other)).to.deep.equal([]);
    await stop();
  });

  it("has of an order each invocation, each call with request and answer, and each complaint, over a restart too", async () => {
    const { add, invoked, logged, stop } = await open();
    const body = `{"orderId":{"S":"${one}"}}`;
    add(call(body, { answer: () => "{}" }));
    add(call("the catalogue"));
    add(call("of another order's invocation", { requestId: "r-2" }));
    add(call(`{"orderId":{"S":"${other}"}}`, { requestId: "r-2" }));
    invoked(batch("r-1", one));
    const line = `{"timestamp":"2026-11-24T10:00:00.000Z","level":"error","message":"failed","orderId":"${one}"}`;
    logged("seller", line);
    logged("seller", line.replace("error", "info"));
    await stop();
    const again = await open();
    const messages = [{ messageId: `m-${one}`, receives: 2, failed: true, orderId: one, event: "order.placed" }];
    expect(again.order(one)).to.deep.equal({
      invocations: [
        { ...batch("r-1"), cause: { kind: "batch", queue: "sales", messages }, request: null, answer: null },
      ],
      calls: [
        { ...record(one), request: body, answer: "{}" },
        { ...record(), request: "the catalogue", answer: null },
      ],
      complaints: [{ function: "seller", line }],
    });
    expect(again.lastComplaint("seller", one)).to.equal(line);
    expect(again.order(idOf(9))).to.equal(undefined);
    await again.stop();
  });

  it("forgets an order, in its files too, and leaves what others have", async () => {
    const { add, invoked, forget, order, stop } = await open();
    add(call(`{"orderId":{"S":"${one}"},"name":{"S":"Ada Canary"}}`));
    add(call(`two orders, of Ada Canary: "orderId":"${one}" "orderId":"${other}"`));
    invoked(batch("r-1", one, other));
    forget(one);
    expect(order(one)).to.equal(undefined);
    expect(order(other)?.invocations.map(({ requestId }) => requestId)).to.deep.equal(["r-1"]);
    const texts = readdirSync(state).map((name) => readFileSync(join(state, name), "latin1"));
    expect(texts.join("")).to.include(other).and.not.include("Ada Canary");
    await stop();
  });

  it("keeps the newest orders, as many as it may and no more bytes than it may, and says what it dropped", async () => {
    const many = await open({ mostOrders: 50 });
    for (let count = 1; count <= 151; count++) {
      many.add(call(`{"orderId":"${idOf(count)}"}`, { requestId: `r-${count}` }));
      many.invoked(batch(`r-${count}`, idOf(count)));
      many.list();
    }
    expect([many.dropped()?.orders, many.order(idOf(101)), many.order(idOf(102))?.calls.length]).to.deep.equal([
      101,
      undefined,
      1,
    ]);
    expect(many.list()).to.have.length(50);
    await many.stop();

    const large = await open({ mostBytes: 4_000_000 });
    for (let count = 1_000; count < 1_500; count++) {
      large.add(call(`{"orderId":"${idOf(count)}"} ${"x".repeat(20_000)}`));
      large.list();
    }
    await large.stop();
    expect(statSync(join(state, "history.db")).size).to.be.at.most(4_500_000);
    expect((await open()).dropped()?.orders).to.be.at.least(301);
    await history.stop();
  });

  it("cuts a text that is too long, and leaves out requests that made no order", async () => {
    const { add, invoked, order, list, stop } = await open();
    add(call(`{"orderId":"${one}"} ${"x".repeat(50_000)}`));
    add(call("a price", { requestId: "r-2" }));
    const cause = {
      kind: "request",
      route: "POST /orders",
      status: 422,
      request: () => "Ada",
      answer: () => "no",
    } as const;
    invoked({ at, durationMs: 3, function: "seller", requestId: "r-2", cause });
    expect(order(one)?.calls[0]?.request).to.have.length(32_768 + "... (50050 characters)".length);
    expect(list()).to.have.length(1);
    await stop();
  });
});
