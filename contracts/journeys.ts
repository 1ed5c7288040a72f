import type { EventType } from "./cloud-event.ts";
import {
  OrderCancelled,
  OrderConfirmed,
  OrderPlaced,
  OrderRejected,
  OrderReleased,
  ShipmentBooked,
  ShipmentRefused,
} from "./events.ts";

/**
 * The ways that an order can go, each with its events and the requests to the API that it takes. An order that is released
 * more than once goes on as after the first time, with a request more each time. One that cancels itself after weeks on
 * hold counts as cancelled by a request: it is no part of the surge in which it was placed.
 */
export const journeys: readonly { readonly requests: number; readonly events: readonly EventType[] }[] = [
  { requests: 1, events: [OrderPlaced, OrderRejected] },
  { requests: 1, events: [OrderPlaced, OrderConfirmed, ShipmentBooked] },
  { requests: 1, events: [OrderPlaced, OrderConfirmed, ShipmentRefused] },
  { requests: 2, events: [OrderPlaced, OrderCancelled] },
  { requests: 2, events: [OrderPlaced, OrderConfirmed, OrderCancelled] },
  { requests: 2, events: [OrderPlaced, OrderConfirmed, ShipmentRefused, OrderCancelled] },
  { requests: 2, events: [OrderPlaced, OrderConfirmed, ShipmentRefused, OrderReleased, ShipmentBooked] },
  { requests: 2, events: [OrderPlaced, OrderConfirmed, ShipmentRefused, OrderReleased, ShipmentRefused] },
  { requests: 3, events: [OrderPlaced, OrderConfirmed, ShipmentRefused, OrderReleased, OrderCancelled] },
  {
    requests: 3,
    events: [OrderPlaced, OrderConfirmed, ShipmentRefused, OrderReleased, ShipmentRefused, OrderCancelled],
  },
];

/**
 * How many events of these types one request to the API causes at most. An event that is in no journey counts once for
 * each request.
 */
export function eventsPerRequest(on: readonly EventType[]): number {
  const known = new Set(journeys.flatMap(({ events }) => events.map(({ type }) => type)));
  const types = new Set(on.map(({ type }) => type));
  const most = journeys.map(({ requests, events }) => events.filter(({ type }) => types.has(type)).length / requests);
  return Math.max(...most) + [...types].filter((type) => !known.has(type)).length;
}
