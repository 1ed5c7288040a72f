import { randomUUID } from "node:crypto";
import type { OrderRequest } from "../../../contracts/order.ts";
import type { World } from "../world/world.ts";
import { Meter, type Usage } from "./meter.ts";

/** What happens to some orders, from the first request until everything is quiet. */
export interface CountedJourney {
  readonly name: string;
  /** How many orders it is about: all that it uses is divided by them. */
  readonly orders: number;
  readonly run: (world: World, sku: string) => Promise<void>;
}

const DAY_MS = 24 * 3_600_000;

async function place(world: World, over: Partial<OrderRequest>, headers?: Record<string, string>): Promise<string> {
  const { statusCode, body } = await world.place(over, headers);
  if (statusCode !== 201 || body.orderId === undefined) throw new Error(`POST /orders answered ${statusCode}`);
  return body.orderId;
}

const one = (sku: string, quantity = 1) => ({ items: [{ sku, quantity }] });

/** The sandbox carrier refuses this postal code. */
const REFUSED = { line1: "1", city: "Berlin", postalCode: "00000", countryCode: "DE" };

export const countedJourneys: readonly CountedJourney[] = [
  {
    name: "shipped with SMS, in batches of 10",
    orders: 10,
    run: async (world, sku) => {
      for (let order = 0; order < 10; order++) await place(world, one(sku));
      await world.settle();
    },
  },
  {
    name: "shipped with SMS, alone",
    orders: 1,
    run: async (world, sku) => {
      await place(world, one(sku));
      await world.settle();
    },
  },
  {
    name: "rejected, alone",
    orders: 1,
    run: async (world, sku) => {
      await place(world, one(sku, 900));
      await world.settle();
    },
  },
  {
    name: "cancelled before it is shipped, alone",
    orders: 1,
    run: async (world, sku) => {
      const orderId = await place(world, one(sku));
      await world.settle(["inventory"]);
      await world.cancel(orderId);
      await world.settle();
    },
  },
  {
    name: "refused by the carrier and on hold, alone",
    orders: 1,
    run: async (world, sku) => {
      await place(world, { ...one(sku), shippingAddress: REFUSED });
      await world.settle();
    },
  },
  {
    name: "shipped with SMS and an Idempotency-Key that is sent twice, alone",
    orders: 1,
    run: async (world, sku) => {
      const key = { "idempotency-key": randomUUID() };
      await place(world, one(sku), key);
      await place(world, one(sku), key);
      await world.settle();
    },
  },
];

/** Runs a journey in a world, at noon, and counts. */
export async function count({ run, orders }: CountedJourney, world: World): Promise<Map<string, Usage>> {
  // No event of a journey falls into another day than the rest.
  world.clock.advanceTo(Math.ceil(world.clock.now / DAY_MS) * DAY_MS + DAY_MS / 2);
  const sku = `COUNT-${randomUUID()}`;
  await world.sells(sku, 100);
  const meter = new Meter(world);
  await run(world, sku);
  return new Map([...meter.used].map(([handler, usage]) => [handler, perOrder(usage, orders)]));
}

const perOrder = ({ calls, writeUnits, readUnits }: Usage, orders: number): Usage => ({
  calls: Object.fromEntries(Object.entries(calls).map(([name, count]) => [name, count / orders])),
  writeUnits: writeUnits / orders,
  readUnits: readUnits / orders,
});

/** A journey's usage as lines of a table: by function, and in all. */
export function tableOf(used: ReadonlyMap<string, Usage>): string[] {
  const callsOf = ({ calls }: Usage) => Object.values(calls).reduce((sum, count) => sum + count, 0);
  const line = (name: string, calls: number, write: number, read: number, what = "") =>
    `${name.padEnd(32)}${shown(calls).padStart(6)}${shown(write).padStart(7)}${shown(read).padStart(7)}  ${what}`.trimEnd();
  const total = (of: (usage: Usage) => number) => [...used.values()].reduce((sum, usage) => sum + of(usage), 0);
  const names = ({ calls }: Usage) =>
    Object.entries(calls)
      .map(([name, count]) => `${shown(count)} ${name}`)
      .join(", ");
  return [
    ...[...used].map(([handler, usage]) =>
      line(handler, callsOf(usage), usage.writeUnits, usage.readUnits, names(usage)),
    ),
    line(
      "in all",
      total(callsOf),
      total(({ writeUnits }) => writeUnits),
      total(({ readUnits }) => readUnits),
    ),
  ];
}

const shown = (count: number): string => String(Math.round(count * 100) / 100);
