import { expect } from "chai";
import * as z from "zod";
import { cancelled } from "../support/calls.ts";
import { orderRequest, storedKey, storedOrder, withValue } from "../support/orders.ts";
import { CLEAR, COMMIT, PRICE, PUBLISH, READ, field, good, post } from "../support/place-order.ts";

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const KeyItem = z.strictObject({ orderId: z.string(), entry: z.string(), names: z.string(), fingerprint: z.string() });
const Committed = z.array(
  z.object({
    TransactItems: z.array(z.object({ Put: z.object({ Item: z.looseObject({ entry: z.string() }) }) })),
  }),
);

describe("POST /orders", () => {
  it("answers 201 with the order at the catalogue's prices, and publishes after the commit", async () => {
    const { statusCode, headers, body, asked } = await post(orderRequest);
    const orderId = String(field(body, "orderId"));
    const placedAt = String(field(body, "placedAt"));
    expect(statusCode).to.equal(201);
    expect(headers).to.deep.equal({
      "content-type": "application/json",
      "x-correlation-id": "request-1",
      location: `/orders/${orderId}`,
    });
    expect(body).to.deep.equal({
      orderId,
      status: "placed",
      customerId: "c-1815",
      items: [
        {
          sku: "MUG-001",
          name: "Mug",
          quantity: 2,
          unitPrice: { amount: 1_299, currency: "EUR" },
          lineTotal: { amount: 2_598, currency: "EUR" },
        },
      ],
      total: { amount: 2_598, currency: "EUR" },
      placedAt,
    });
    expect(new Date(placedAt).toISOString()).to.equal(placedAt);
    expect(asked).to.deep.equal([PRICE, COMMIT, PUBLISH, CLEAR]);
  });

  it("answers 201 all the same when it cannot publish: the relay will", async () => {
    const down = Object.assign(new Error("down"), { name: "TimeoutError" });
    const { statusCode, asked } = await post(orderRequest, { ...good, [PUBLISH]: [down] });
    expect([statusCode, asked]).to.deep.equal([201, [PRICE, COMMIT, PUBLISH]]);
    const uncleared = await post(orderRequest, { ...good, [CLEAR]: [down] });
    expect([uncleared.statusCode, uncleared.asked]).to.deep.equal([201, [PRICE, COMMIT, PUBLISH, CLEAR]]);
  });

  it("makes a customer's id where none is given", async () => {
    const { body } = await post(withValue("customerId", undefined));
    expect(field(body, "customerId")).to.match(/^c-[0-9a-f-]{36}$/);
  });

  it("answers 503 with Retry-After when DynamoDB is not to be reached", async () => {
    const down = Object.assign(new Error("down"), { code: "ECONNREFUSED" });
    const { statusCode, headers, asked } = await post(orderRequest, { [PRICE]: [down] });
    expect([statusCode, headers["retry-after"], asked]).to.deep.equal([503, "1", [PRICE]]);
  });

  describe("with an Idempotency-Key", () => {
    const key = { "idempotency-key": "key-1" };

    it("makes an id that nobody can compute: another one each time", async () => {
      const script = { ...good, [READ]: [{}] };
      const ids = [await post(orderRequest, script, key), await post(orderRequest, script, key)].map(({ body }) =>
        String(field(body, "orderId")),
      );
      expect(ids.every((id) => UUID_V4.test(id))).to.equal(true);
      expect(ids[0]).to.not.equal(ids[1]);
    });

    it("puts the key beside the order, under its customer's own hash, whatever the form of its header", async () => {
      const script = { ...good, [READ]: [{}] };
      const stored: z.output<typeof KeyItem>[] = [];
      for (const [text, customerId] of [
        ["key-1", "c-1"],
        ['"key-1"', "c-1"],
        ["key-2", "c-1"],
        ["key-1", "c-2"],
        ["key-1", undefined],
      ]) {
        const request = withValue("customerId", customerId);
        const { body, inputs } = await post(request, script, { "idempotency-key": text ?? "" });
        const items = Committed.parse(inputs(COMMIT)).flatMap(({ TransactItems }) =>
          TransactItems.map(({ Put: { Item } }) => Item),
        );
        const item = KeyItem.parse(items.find(({ entry }) => entry === "key"));
        expect(item.names).to.equal(field(body, "orderId"));
        expect(items.find(({ entry }) => entry === "order")?.["keyHash"]).to.equal(item.orderId.slice("key#".length));
        stored.push(item);
      }
      const [bare, quoted, ...others] = stored.map(({ orderId }) => orderId);
      expect(bare).to.match(/^key#[0-9a-f]{64}$/);
      expect(quoted).to.equal(bare);
      expect(new Set([bare, ...others]).size).to.equal(4);
    });

    it("refuses a key that is none, before anything is read", async () => {
      for (const bad of ["", "a,b", "x".repeat(256), "a b", "ü"]) {
        const { statusCode, body, asked } = await post(orderRequest, {}, { "idempotency-key": bad });
        expect([statusCode, field(body, "type"), asked]).to.deep.equal([
          400,
          "urn:order-fanout:problem:invalid-idempotency-key",
          [],
        ]);
      }
    });

    it("answers the first answer again, byte for byte, and writes nothing", async () => {
      const stored = storedOrder;
      const again = await post(orderRequest, { [READ]: [{ Item: storedKey }, { Item: stored }] }, key);
      expect(again.statusCode).to.equal(201);
      expect(again.headers).to.deep.equal({
        "content-type": "application/json",
        "x-correlation-id": "request-1",
        location: `/orders/${stored.orderId}`,
        "idempotency-replayed": "true",
      });
      expect(again.body).to.deep.equal({
        orderId: stored.orderId,
        status: "placed",
        customerId: "c-1815",
        items: stored.items,
        total: stored.total,
        placedAt: stored.placedAt,
      });
      expect(again.asked).to.deep.equal([READ, READ]);
    });

    it("takes the same body for the same, whatever the order of its keys", async () => {
      const turned = Object.fromEntries(Object.entries(orderRequest).reverse());
      const { statusCode } = await post(turned, { [READ]: [{ Item: storedKey }, { Item: storedOrder }] }, key);
      expect(statusCode).to.equal(201);
    });

    it("answers 422 to the same key with another body, and writes nothing", async () => {
      const other = withValue("items.0.quantity", 3, withValue("expectedTotal", undefined));
      const { statusCode, body, asked } = await post(other, { [READ]: [{ Item: storedKey }] }, key);
      expect([statusCode, field(body, "type"), asked]).to.deep.equal([
        422,
        "urn:order-fanout:problem:idempotency-key-reused",
        [READ],
      ]);
    });

    it("answers as the faster one did when two come with one key", async () => {
      const stored = storedOrder;
      const refused = cancelled("ConditionalCheckFailed", "None", "None", "None");
      const script = { ...good, [READ]: [{}, { Item: storedKey }, { Item: stored }], [COMMIT]: [refused] };
      const { statusCode, headers, body, asked } = await post(orderRequest, script, key);
      expect([statusCode, headers["idempotency-replayed"], field(body, "orderId"), asked]).to.deep.equal([
        201,
        "true",
        stored.orderId,
        [READ, PRICE, COMMIT, READ, READ],
      ]);
    });
  });
});
