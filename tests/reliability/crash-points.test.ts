import { expect } from "chai";
import { randomUUID } from "node:crypto";
import type { Call } from "../../runtime/ports/calls.ts";
import { checkHistory, type Verdict } from "../support/history.ts";
import { useWorlds, type World } from "../support/world/world.ts";

type Death = "before" | "after" | "reply lost";
const DEATHS: readonly Death[] = ["before", "after", "reply lost"];

interface Journey {
  readonly name: string;
  /** Does what customers do, and lets the system come to rest. */
  readonly run: (world: World, sku: string) => Promise<string>;
  /** The order's end, the stock taken from 10, and the events in its timeline. */
  readonly end: { readonly status: string; readonly taken: number; readonly events: readonly string[] };
  readonly emails: number;
  readonly texts: number;
  /** Shipments booked and not cancelled. */
  readonly shipments: number;
  readonly points: number;
}

function place(world: World, sku: string, quantity: number, postalCode = "SW1Y 4JH"): Promise<string> {
  const countryCode = postalCode === "00000" ? "DE" : "GB";
  const shippingAddress = { line1: "12 St James's Sq", city: "London", postalCode, countryCode };
  return world.accepted({ customerId: `c-${sku}`, shippingAddress, items: [{ sku, quantity }] });
}

async function cancel(world: World, orderId: string): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    if ((await world.cancel(orderId)).statusCode === 200) return;
  }
  throw new Error("five times no 200");
}

const journeys: readonly Journey[] = [
  {
    name: "shipped",
    run: async (world, sku) => {
      const orderId = await place(world, sku, 3);
      await world.settle();
      return orderId;
    },
    end: { status: "shipping", taken: 3, events: ["order.confirmed", "order.placed", "shipment.booked"] },
    emails: 2,
    texts: 1,
    shipments: 1,
    points: 3,
  },
  {
    name: "rejected",
    run: async (world, sku) => {
      const orderId = await place(world, sku, 11);
      await world.settle();
      return orderId;
    },
    end: { status: "rejected", taken: 0, events: ["order.placed", "order.rejected"] },
    emails: 2,
    texts: 0,
    shipments: 0,
    points: 0,
  },
  {
    name: "refused by the carrier",
    run: async (world, sku) => {
      const orderId = await place(world, sku, 2, "00000");
      await world.settle();
      return orderId;
    },
    end: { status: "on-hold", taken: 2, events: ["order.confirmed", "order.placed", "shipment.refused"] },
    emails: 1,
    texts: 0,
    shipments: 0,
    points: 2,
  },
  {
    name: "cancelled while the carrier books it",
    run: async (world, sku) => {
      const orderId = await place(world, sku, 4);
      let cancelled = false;
      const { around } = world;
      world.around = async (handler, call, perform) => {
        if (call.service === "https" && call.operation === "POST" && !cancelled) {
          cancelled = true;
          await cancel(world, orderId);
        }
        return around(handler, call, perform);
      };
      await world.settle();
      return orderId;
    },
    end: { status: "cancelled", taken: 0, events: ["order.cancelled", "order.confirmed", "order.placed"] },
    emails: 2,
    texts: 0,
    shipments: 0,
    points: 4,
  },
  {
    name: "placed while SNS is down",
    run: async (world, sku) => {
      world.snsIsDown = true;
      const orderId = await place(world, sku, 1);
      await world.relay();
      world.snsIsDown = false;
      await world.settle();
      return orderId;
    },
    end: { status: "shipping", taken: 1, events: ["order.confirmed", "order.placed", "shipment.booked"] },
    emails: 2,
    texts: 1,
    shipments: 1,
    points: 1,
  },
];

/** Counts the calls of each handler in a journey without a fault. */
async function callsOf(journey: Journey, world: World): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  world.around = (handler, _call, perform) => {
    counts.set(handler, (counts.get(handler) ?? 0) + 1);
    return perform();
  };
  await play(journey, world);
  return counts;
}

async function play(journey: Journey, world: World): Promise<{ orderId: string; sku: string }> {
  const sku = `CRASH-${randomUUID()}`;
  await world.sells(sku, 10);
  return { sku, orderId: await journey.run(world, sku) };
}

/** Lets the function die at its `at`th call of the journey; the calls that it still has under way never come back. */
function dieAt(world: World, victim: string, at: number, death: Death): { struck: () => Call | undefined } {
  let seen = 0;
  let struck: Call | undefined;
  world.around = async (handler, call, perform) => {
    if (handler !== victim || seen++ !== at) return perform();
    struck = call;
    if (death !== "before") await perform();
    if (death === "reply lost") throw Object.assign(new Error("the reply was lost"), { name: "TimeoutError" });
    return world.dies();
  };
  return { struck: () => struck };
}

const clean: Verdict = { lost: [], unexpected: [], duplicated: [], pending: [] };

/** What is to be seen of an order at its end, each effect under its consumer. */
async function observe(world: World, journey: Journey, orderId: string, sku: string): Promise<Verdict> {
  const ids = (types: readonly string[]) => types.map((type) => `${orderId}/${type}`);
  const live = [...world.shipments.values()].filter((shipment) => !shipment.cancelled);
  const repeat = <T>(times: number, value: T) => Array.from({ length: times }, () => value);
  const numbered = (what: string, count: number) => Array.from({ length: count }, (_, index) => `${what} ${index + 1}`);
  const effects = [
    { consumer: "status", id: await world.status(orderId) },
    { consumer: "stock", id: `${10 - (await world.onHand(sku))} taken` },
    { consumer: "loyalty", id: `${await world.points(`c-${sku}`)} points` },
    ...(await world.events(orderId)).map((type) => ({ consumer: "timeline", id: `${orderId}/${type}` })),
    ...[...world.stored()].map((id) => ({ consumer: "analytics", id })),
    ...[...Map.groupBy(world.providers.mails, ({ subject }) => subject).values()].flatMap((same, index) =>
      repeat(same.length, { consumer: "e-mail", id: `mail ${index + 1}` }),
    ),
    ...world.providers.texts.map(() => ({ consumer: "SMS", id: "text 1" })),
    ...live.map((_, index) => ({ consumer: "shipment", id: `shipment ${index + 1}` })),
    ...[...world.queues].flatMap(([consumer, { deadLetters }]) =>
      deadLetters.map(({ id }) => ({ consumer: `${consumer} dead letter`, id })),
    ),
  ];
  const { end } = journey;
  const expected = new Map([
    ["status", new Set<string>([end.status])],
    ["stock", new Set([`${end.taken} taken`])],
    ["loyalty", new Set([`${journey.points} points`])],
    ["timeline", new Set(ids(end.events))],
    ["analytics", new Set(ids(end.events))],
    ["e-mail", new Set(numbered("mail", journey.emails))],
    ["SMS", new Set(numbered("text", journey.texts))],
    ["shipment", new Set(numbered("shipment", journey.shipments))],
  ]);
  return checkHistory({ expected, effects, pending: [] });
}

/** Between the provider's answer and the ledger's completion a death may send once more: nothing else may repeat. */
function mayRepeat({ service, operation, input }: Call, death: Death): boolean {
  const told = service === "ses" || (service === "sns" && operation === "Publish");
  // Of the effect itself, or of the one that follows in its item.
  const completes = /"SET (outcome|nextOutcome) /.test(JSON.stringify(input));
  return (told && death !== "before") || (completes && death === "before");
}

describe("a function that dies at any call (I3)", () => {
  const worlds = useWorlds();

  for (const journey of journeys) {
    it(`loses nothing and repeats nothing: an order ${journey.name}`, async () => {
      const counts = await callsOf(journey, worlds.create());
      const failures: string[] = [];
      const lines: string[] = [];
      for (const [victim, calls] of counts) {
        let survived = 0;
        for (let at = 0; at < calls; at++) {
          for (const death of DEATHS) {
            const world = worlds.create();
            const { struck } = dieAt(world, victim, at, death);
            const { orderId, sku } = await play(journey, world);
            const verdict = await observe(world, journey, orderId, sku);
            const call = struck();
            const tolerated =
              call && mayRepeat(call, death) ? verdict.duplicated.filter((id) => /^(e-mail|SMS)/.test(id)) : [];
            const duplicated = verdict.duplicated.filter((id) => !tolerated.includes(id));
            const told = world.providers.mails.length + world.providers.texts.length;
            const fine =
              JSON.stringify({ ...verdict, duplicated }) === JSON.stringify(clean) &&
              told <= journey.emails + journey.texts + (tolerated.length > 0 ? 1 : 0);
            if (fine) survived++;
            else
              failures.push(
                `${victim}, ${death} call ${at + 1} (${call?.service} ${call?.operation}): ${JSON.stringify(verdict)}`,
              );
          }
        }
        lines.push(
          `${victim.padEnd(28)} ${String(calls).padStart(2)} calls x 3 deaths   ${survived}/${calls * 3} survived`,
        );
      }
      console.log(lines.map((line) => `      ${line}`).join("\n"));
      expect(failures).to.deep.equal([]);
    });
  }
});
