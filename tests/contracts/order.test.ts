import { expect } from "chai";
import { OrderRequest, OrderStatus, statusesBefore, transitions } from "../../contracts/order.ts";
import { orderRequest } from "../support/orders.ts";

describe("an order's status", () => {
  it("moves only as the table of transitions says", () => {
    expect(transitions).to.deep.equal({
      placed: ["confirmed", "rejected", "cancelled"],
      confirmed: ["shipping", "on-hold", "cancelled"],
      "on-hold": ["confirmed", "cancelled"],
      rejected: [],
      shipping: [],
      cancelled: [],
    });
  });

  it("has before it what may lead to it", () => {
    const before = Object.fromEntries(OrderStatus.options.map((status) => [status, statusesBefore(status)]));
    expect(before).to.deep.equal({
      placed: [],
      confirmed: ["placed", "on-hold"],
      "on-hold": ["confirmed"],
      rejected: ["placed"],
      shipping: ["confirmed"],
      cancelled: ["placed", "confirmed", "on-hold"],
    });
  });
});

describe("a request for an order", () => {
  it("is taken as it is, with everything or with the least", () => {
    const { name, email } = orderRequest.customer;
    const { line1, city, postalCode, countryCode } = orderRequest.shippingAddress;
    const least = {
      customer: { name, email },
      shippingAddress: { line1, city, postalCode, countryCode },
      items: [{ sku: "MUG-001", quantity: 999 }],
    };
    expect(OrderRequest.parse(orderRequest)).to.deep.equal(orderRequest);
    expect(OrderRequest.parse(least)).to.deep.equal(least);
  });

  it("has up to 50 lines", () => {
    const items = Array.from({ length: 50 }, (_, index) => ({ sku: `S-${index}`, quantity: 1 }));
    expect(OrderRequest.parse({ ...orderRequest, items }).items).to.deep.equal(items);
  });
});
