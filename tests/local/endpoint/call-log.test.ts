import { expect } from "chai";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CALL_FILES, openCallLog, type AnsweredCall } from "../../../local/endpoint/call-log.ts";

const [one, other] = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"];
const at = Date.parse("2026-11-24T10:00:00.000Z");
const asked = [{ action: "dynamodb:GetItem", resource: "arn:aws:dynamodb:eu-west-1:000000000000:table/orders" }];
const call = (body: string): AnsweredCall => ({
  at,
  function: "seller",
  requestId: "r-1",
  operation: "dynamodb:GetItem",
  verdict: "allowed",
  asked,
  durationMs: 1.5,
  body: () => body,
});
const record = (orderId?: string) => ({
  at: "2026-11-24T10:00:00.000Z",
  function: "seller",
  requestId: "r-1",
  operation: "dynamodb:GetItem",
  verdict: "allowed",
  asked,
  durationMs: 1.5,
  ...(orderId !== undefined && { orderId }),
});

describe("the record of the functions' calls", () => {
  let state: string;
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), "order-fanout-calls-"));
  });
  afterEach(() => rmSync(state, { recursive: true }));

  const about: Readonly<Record<string, readonly [body: string, orderId: string | undefined]>> = {
    "an item's key": [`{"TableName":"orders","Key":{"orderId":{"S":"${one}"},"entry":{"S":"order"}}}`, one],
    "the ledger's key": [`{"Key":{"eventId":{"S":"${one}/order.placed"},"effect":{"S":"x"}}}`, one],
    "a published event": [`{"id":"x","subject":"${one}","data":{"customerId":"${other}"}}`, one],
    "an e-mail's tag": [`{"EmailTags":[{"Name":"orderId","Value":"${one}"}]}`, one],
    "an SMS's attribute": [`Publish +44 orderId String ${one}`, one],
    "a batch of two orders": [`{"orderId":{"S":"${one}"}},{"orderId":{"S":"${other}"}}`, undefined],
    none: [`{"correlationId":"${one}","sku":"MUG-001"}`, undefined],
  };
  it("names the order that a call is about, by whatever carries its id, and none where there are two", async () => {
    const log = await openCallLog({ state });
    for (const [body] of Object.values(about)) log.add(call(body));
    expect(log.list()).to.deep.equal(Object.values(about).map(([, orderId]) => record(orderId)));
    expect(log.list(one)).to.have.length(5);
    expect(log.list(other)).to.deep.equal([]);
    await log.stop();
  });

  it("keeps ids, names and times alone, in files that nobody else may read", async () => {
    const log = await openCallLog({ state });
    log.add(call(`{"orderId":{"S":"${one}"},"name":{"S":"Ada Lovelace"}}`));
    await log.stop();
    const file = join(state, CALL_FILES[0]);
    expect(JSON.parse(readFileSync(file, "utf8"))).to.deep.equal(record(one));
    expect((statSync(file).mode & 0o777).toString(8)).to.equal("600");
  });

  it("keeps the newest, in memory and in two files, over a restart too", async () => {
    const log = await openCallLog({ state, most: 3, mostBytes: 1_000 });
    for (let count = 0; count < 10; count++) {
      log.add({ ...call(""), durationMs: count });
      log.list();
    }
    const durations = log.list().map(({ durationMs }) => durationMs);
    await log.stop();
    const again = await openCallLog({ state, most: 3 });
    const kept = again.list().map(({ durationMs }) => durationMs);
    await again.stop();
    expect([durations, kept]).to.deep.equal([
      [7, 8, 9],
      [7, 8, 9],
    ]);
    for (const name of CALL_FILES) expect(statSync(join(state, name)).size).to.be.at.most(1_000);
  });
});
