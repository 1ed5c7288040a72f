import { readFile } from "node:fs/promises";
import * as z from "zod";

const count = z.number().nonnegative();

/** What a function uses of AWS for one order, or a schedule's for one run. */
export const Uses = z.object({
  /** Calls of AWS, without those that wait for a host outside. */
  calls: count,
  /** Requests to hosts outside, such as the carrier. */
  hosts: count,
  /** DynamoDB request units, by AWS's rules: tests/support/counting/. */
  readUnits: count,
  writeUnits: count,
  /** Requests that publish: one for a message, or for up to 10 in a batch. */
  publishes: count,
  puts: count,
  emails: count,
  sms: count,
  /** What it logs, with CloudWatch's 26 bytes for each line, and without the lines of Lambda itself. */
  logBytes: count,
});
export type Uses = z.output<typeof Uses>;

const ByFunction = z.record(z.string(), Uses);

/** An order's way, in batches of one message and in batches of ten. */
const Journey = z.object({ alone: ByFunction, inTens: ByFunction });

/** What a shipped order of three lines uses, counted by `npm run record-usage`. */
export const Usage = z.object({
  /** Without an SMS and with one. */
  plain: Journey,
  withSms: Journey,
  /** One run of each schedule that finds nothing to do. */
  schedules: ByFunction,
  /** Custom metrics of a stack in which each of these functions has run: names and dimensions. */
  customMetrics: z.int(),
  /** The events of the order. */
  events: z.array(z.string()),
});
export type Usage = z.output<typeof Usage>;

export const usageFile = new URL("./usage.json", import.meta.url);

/** Reads what was counted. */
export const readUsage = async (): Promise<Usage> => Usage.parse(JSON.parse(await readFile(usageFile, "utf8")));

const KEYS = Uses.keyof().options;

/** Adds up. */
export const sumOf = (all: readonly Uses[]): Uses => combine((key) => all.reduce((sum, one) => sum + one[key], 0));

/** A mixture of two: `share` of the second. */
export const mixed = (first: Uses, second: Uses, share: number): Uses =>
  combine((key) => (1 - share) * first[key] + share * second[key]);

/**
 * What a message uses in batches of any size, from batches of one and of ten: a part is each message's, and another is its
 * batch's and is shared.
 */
export function inBatchesOf(size: number, alone: Uses, inTens: Uses): Uses {
  return combine((key) => {
    const ofBatch = ((alone[key] - inTens[key]) * 10) / 9;
    return alone[key] - ofBatch + ofBatch / size;
  });
}

const combine = (valueOf: (key: keyof Uses) => number): Uses =>
  Uses.parse(Object.fromEntries(KEYS.map((key) => [key, Math.max(0, valueOf(key))])));

/** What a function uses that is not called. */
export const NOTHING = sumOf([]);
