import { expect } from "chai";
import { cloudEvent, decode, eventId, identify, occurrenceOf } from "../../contracts/cloud-event.ts";
import { events, OrderCancelled, OrderPlaced } from "../../contracts/events.ts";
import { placedData } from "../support/lambda.ts";

const time = "2026-11-01T12:00:00.000Z";
const placed = cloudEvent(OrderPlaced, "o-1", "/order-fanout/test", time, placedData);

describe("an event", () => {
  it("is a CloudEvent whose id is its order's and its type's", () => {
    expect(placed).to.deep.equal({
      specversion: "1.0",
      id: "o-1/order.placed",
      source: "/order-fanout/test",
      type: "order.placed",
      subject: "o-1",
      time,
      datacontenttype: "application/json",
      data: placedData,
    });
  });

  it("is read as it was written, by every consumer of its type", () => {
    expect(decode([OrderCancelled, OrderPlaced], JSON.stringify(placed))).to.deep.equal(placed);
  });

  it("is nothing to a consumer that does not subscribe to its type", () => {
    expect(decode([OrderCancelled], JSON.stringify(placed))).to.equal(undefined);
  });

  it("is named by id, type and order in the log, as far as a message has them", () => {
    expect(identify(JSON.stringify(placed))).to.deep.equal({
      eventId: "o-1/order.placed",
      orderId: "o-1",
      event: "order.placed",
    });
    expect(identify(JSON.stringify({ id: "i-1", type: 7, subject: "x".repeat(201) }))).to.deep.equal({
      eventId: "i-1",
    });
    expect(["{", "null", "[]", "7"].map(identify)).to.deep.equal([{}, {}, {}, {}]);
  });

  it("says where its data is wrong, from the body's root", () => {
    const wrong = { ...placed, data: { ...placedData, total: { amount: "12", currency: "EUR" } } };
    expect(() => decode([OrderPlaced], JSON.stringify(wrong))).to.throw(/"data",\s+"total",\s+"amount"/);
  });

  it("has a type of its own, a noun and what happened to it", () => {
    const types = events.map(({ type }) => type);
    expect(new Set(types).size).to.equal(types.length);
    expect(types.filter((type) => !/^[a-z-]+\.[a-z-]+$/.test(type))).to.deep.equal([]);
  });

  it("carries no name, address, e-mail or phone number", () => {
    const personal = /name|email|phone|address|line[12]|city|postal|country/i;
    const fields = events.flatMap(({ type, data }) =>
      Object.keys(data.shape).flatMap((field) => (personal.test(field) ? [`${type}: ${field}`] : [])),
    );
    expect(fields).to.deep.equal([]);
  });

  for (const id of ["", "x", "o-1/order.rejected", "o-2/order.placed", "o-1/order.placed/", "o-1/order.placed/1"]) {
    it(`is not read with the id ${JSON.stringify(id)}, which is not made of its subject and its type`, () => {
      expect(() => decode([OrderPlaced], JSON.stringify({ ...placed, id }))).to.throw(Error);
    });
  }

  for (const id of ["o-1/order.placed/02", "o-1/order.placed/2e0", "o-1/order.placed/-2", "o-1/order.placed/2/2"]) {
    it(`is not read with the id ${JSON.stringify(id)}, whose number is written another way`, () => {
      expect(() => decode([OrderPlaced], JSON.stringify({ ...placed, id }))).to.throw(Error);
    });
  }

  it("says for the how-manieth time it happened", () => {
    expect(cloudEvent(OrderPlaced, "o-1", "/test", placed.time, placed.data, 3).id).to.equal("o-1/order.placed/3");
    expect([1, 2, 10].map((n) => occurrenceOf({ ...placed, id: eventId("o-1", "order.placed", n) }))).to.deep.equal([
      1, 2, 10,
    ]);
    expect(eventId("o-1", "order.placed", 1)).to.equal("o-1/order.placed");
  });

  for (const [attribute, value] of Object.entries({
    specversion: "0.3",
    id: "",
    subject: "",
    time: "yesterday",
    data: {},
  })) {
    it(`is not read with ${JSON.stringify(value)} for its ${attribute}`, () => {
      expect(() => decode([OrderPlaced], JSON.stringify({ ...placed, [attribute]: value }))).to.throw(Error);
    });
  }
});
