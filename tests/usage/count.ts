import { randomUUID } from "node:crypto";
import * as z from "zod";
import { ON_HOLD_INDEX } from "../../contracts/orders-table.ts";
import { getOrder } from "../../handlers/index.ts";
import { isRecord } from "../../config/check.ts";
import { NOTHING, sumOf, Uses, type Usage } from "../../commands/cost/usage.ts";
import type { Call } from "../../runtime/ports/calls.ts";
import { Meter } from "../support/counting/meter.ts";
import type { Around, World } from "../support/world/world.ts";

/** The consumers beside those of the tests' stack. */
export const consumers = { loyalty: {} };

/** What one order uses, by function. */
type ByFunction = Record<string, Uses>;

/** CloudWatch adds so many bytes to each line: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
const LINE_BYTES = 26;

const Line = z.looseObject({
  function: z.string().optional(),
  consumer: z.string().optional(),
});

/** Counts what shipped orders of three lines use in a world, and what its schedules do. */
export async function countUsage(create: () => World): Promise<Usage> {
  const metrics = new Set<string>();
  const events = new Set<string>();
  const journey = async (smsConsent: boolean, orders: number): Promise<ByFunction> => {
    const world = create();
    const counted = await counting(world, async () => {
      const ids = await Promise.all(Array.from({ length: orders }, () => place(world, smsConsent)));
      await settleInBatches(world, orders);
      for (const id of ids) {
        await world.request("GET /orders/{orderId}", getOrder, { pathParameters: { orderId: id } });
        for (const event of await world.events(id)) events.add(event);
      }
    });
    for (const line of world.logs) for (const name of metricsOf(line)) metrics.add(name);
    return Object.fromEntries(Object.entries(counted).map(([name, uses]) => [name, each(uses, orders)]));
  };
  const both = async (smsConsent: boolean) => ({
    alone: await journey(smsConsent, 1),
    inTens: await journey(smsConsent, 10),
  });
  const plain = await both(false);
  const withSms = await both(true);
  const world = create();
  // The schedules read what others have left on hold in the same database.
  await world.database.empty({ ...world.stack.outbox, index: ON_HOLD_INDEX });
  const schedules = await counting(world, async () => {
    await world.relay();
    await world.expireHolds();
  });
  return { plain, withSms, schedules, customMetrics: metrics.size, events: [...events].sort() };
}

async function place(world: World, smsConsent: boolean): Promise<string> {
  const skus = [1, 2, 3].map((line) => `USAGE-${line}-${randomUUID()}`);
  for (const sku of skus) await world.sells(sku, 1);
  const customer = { name: "Ada Lovelace", email: "ada@shop.test", phone: "+442071234567", smsConsent };
  return world.accepted({ customer, items: skus.map((sku) => ({ sku, quantity: 1 })) });
}

/** Delivers until nothing waits, at most so many messages at a time. */
async function settleInBatches(world: World, most: number): Promise<void> {
  for (let delivered = 1; delivered > 0;) {
    delivered = 0;
    for (const consumer of world.queues.keys()) {
      for (let size; size !== 0; delivered += size) size = await world.deliver(consumer, most);
    }
  }
}

/** Runs something, and gives what each function used meanwhile. */
async function counting(world: World, run: () => Promise<void>): Promise<ByFunction> {
  const counted: ByFunction = {};
  const add = (name: string, more: Partial<Uses>) => {
    counted[name] = sumOf([counted[name] ?? NOTHING, { ...NOTHING, ...more }]);
  };
  const around: Around = async (name, call, perform) => {
    const answer = await perform();
    if (call.service === "https") add(name, { hosts: 1 });
    else add(name, { calls: 1, ...usedBy(call) });
    return answer;
  };
  world.around = around;
  const meter = new Meter(world);
  const before = world.logs.length;
  await run();
  for (const [name, { readUnits, writeUnits }] of meter.used) add(name, { readUnits, writeUnits });
  for (const [name, logBytes] of logBytesOf(world.logs.slice(before))) add(name, { logBytes });
  return counted;
}

/** What a call uses beside DynamoDB's units. */
function usedBy({ service, operation, input }: Call): Partial<Uses> {
  if (service === "s3") return { puts: 1 };
  if (service === "ses") return { emails: 1 };
  if (service === "sns") return isRecord(input) && "PhoneNumber" in input ? { sms: 1 } : { publishes: 1 };
  if (service !== "dynamodb") throw new Error(`what ${service} ${operation} costs is not counted: add it here`);
  return {};
}

/** The bytes of the lines by function. A metric without a function's name is of the one that logs next. */
function logBytesOf(chunks: readonly string[]): Map<string, number> {
  const bytes = new Map<string, number>();
  let waiting = 0;
  for (const text of chunks.flatMap((chunk) => chunk.split("\n")).filter((text) => text !== "")) {
    const line = Line.parse(JSON.parse(text));
    const name = line.function ?? line.consumer;
    waiting += Buffer.byteLength(text) + LINE_BYTES;
    if (name === undefined) continue;
    bytes.set(name, (bytes.get(name) ?? 0) + waiting);
    waiting = 0;
  }
  return bytes;
}

const Metrics = z.object({
  CloudWatchMetrics: z.array(
    z.object({ Dimensions: z.array(z.array(z.string())), Metrics: z.array(z.object({ Name: z.string() })) }),
  ),
});

/** The custom metrics that the lines of a chunk are about: each name with each set of dimensions is one that is paid for. */
const metricsOf = (chunk: string): string[] =>
  chunk
    .split("\n")
    .filter((text) => text.includes('"_aws"'))
    .flatMap((text) => {
      const line = z.looseObject({ _aws: Metrics }).parse(JSON.parse(text));
      return line._aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) =>
        Dimensions.flatMap((names) =>
          Metrics.map(({ Name }) => [Name, ...names.map((name) => String(line[name]))].join(" ")),
        ),
      );
    });

const KEYS = Uses.keyof().options;
const each = (uses: Uses, orders: number): Uses =>
  Uses.parse(Object.fromEntries(KEYS.map((key) => [key, round(uses[key] / orders)])));
const round = (value: number): number => Number(value.toFixed(6));
