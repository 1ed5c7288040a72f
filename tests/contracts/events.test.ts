import { expect } from "chai";
import { cloudEvent, decode, events, OrderCancelled, OrderPlaced } from "../../contracts/events.ts";
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

  it("is read as it was written, by whoever hears its type", () => {
    expect(decode([OrderCancelled, OrderPlaced], JSON.stringify(placed))).to.deep.equal(placed);
  });

  it("is nothing to who does not hear its type, and an error to everybody where its type is not known", () => {
    expect(decode([OrderCancelled], JSON.stringify(placed))).to.equal(undefined);
    expect(() => decode([OrderCancelled], JSON.stringify({ ...placed, type: "order.lost" }))).to.throw(
      "the event is of a type that is not known",
    );
  });

  it("has a type of its own, and ids and numbers for data, never a name or an address", () => {
    expect(events.map(({ type }) => type)).to.deep.equal([
      "order.placed",
      "order.confirmed",
      "order.rejected",
      "order.cancelled",
      "shipment.booked",
      "shipment.refused",
    ]);
    const fields = events.flatMap(({ data }) => Object.keys(data.shape));
    expect([...new Set(fields)].sort()).to.deep.equal([
      "carrier",
      "customerId",
      "lines",
      "reason",
      "shortages",
      "total",
      "trackingNumber",
    ]);
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
