import { expect } from "chai";
import { events, OrderCancelled, OrderPlaced, OrderRejected } from "../../contracts/events.ts";
import { eventsPerRequest, journeys } from "../../contracts/journeys.ts";
import { transitions, type OrderStatus } from "../../contracts/order.ts";

/** The status that each event announces. */
const announced: Readonly<Record<string, OrderStatus>> = {
  "order.placed": "placed",
  "order.confirmed": "confirmed",
  "order.rejected": "rejected",
  "order.cancelled": "cancelled",
  "shipment.booked": "shipping",
  "shipment.refused": "on-hold",
  "order.released": "confirmed",
};

/** Every way through the statuses with at most one release, and each part of one from the beginning. */
function ways(from: OrderStatus, before: readonly OrderStatus[] = []): OrderStatus[][] {
  const way = [...before, from];
  const released = way.filter((status) => status === "confirmed").length > 1;
  const next = transitions[from].filter((to) => !(released && to === "confirmed"));
  return [way, ...next.flatMap((to) => ways(to, way))];
}

describe("an order's journeys", () => {
  it("are the ways through its statuses to one where it can stay, each release and each cancelling being a request", () => {
    const ends = new Set<OrderStatus>(["rejected", "shipping", "on-hold", "cancelled"]);
    const expected = ways("placed").filter((way) => ends.has(way.at(-1) ?? "placed"));
    const told = journeys.map(({ events }) => events.map(({ type }) => announced[type]));
    expect(told).to.have.deep.members(expected);
    for (const { requests, events } of journeys) {
      expect(requests).to.equal(
        1 + events.filter(({ type }) => type === "order.cancelled" || type === "order.released").length,
      );
    }
  });

  it("tell how many events of some types a request causes at most", () => {
    const ofNoJourney = { ...OrderPlaced, type: "order.flagged" };
    expect(eventsPerRequest(events)).to.equal(3);
    expect(eventsPerRequest([OrderPlaced, OrderCancelled])).to.equal(1);
    expect(eventsPerRequest([OrderRejected])).to.equal(1);
    expect(eventsPerRequest([OrderCancelled])).to.equal(0.5);
    expect(eventsPerRequest([OrderPlaced, OrderPlaced, ofNoJourney])).to.equal(2);
  });
});
