import type { EventType } from "./cloud-event.ts";
import {
  OrderCancelled,
  OrderConfirmed,
  OrderPlaced,
  OrderRejected,
  ShipmentBooked,
  ShipmentRefused,
} from "./events.ts";

/** The ways that an order can go, each with its events and the requests to the API that it takes. */
export const journeys: readonly { readonly requests: number; readonly events: readonly EventType[] }[] = [
  { requests: 1, events: [OrderPlaced, OrderRejected] },
  { requests: 1, events: [OrderPlaced, OrderConfirmed, ShipmentBooked] },
  { requests: 1, events: [OrderPlaced, OrderConfirmed, ShipmentRefused] },
  { requests: 2, events: [OrderPlaced, OrderCancelled] },
  { requests: 2, events: [OrderPlaced, OrderConfirmed, OrderCancelled] },
  { requests: 2, events: [OrderPlaced, OrderConfirmed, ShipmentRefused, OrderCancelled] },
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
