import fc from "fast-check";

/** A stack's config: the file that it begins with, and what is merged into it. */
export interface GeneratedConfig {
  readonly stack: string;
  readonly over: object;
}

const optional = { requiredKeys: [] };
const seconds = (min: number, max: number) => fc.integer({ min, max });

/** Batches over 10 need a window, and the largest is done in 10 s. */
const batches = fc.oneof(
  fc.record({ batchSize: seconds(1, 10), batchWindowSeconds: seconds(0, 300) }),
  fc.record({ batchSize: seconds(11, 10_000), batchWindowSeconds: seconds(1, 300) }),
);

/** Few enough that all consumers together stay within the account's quota. */
const concurrency = fc.oneof(
  fc.record({ maxConcurrency: seconds(2, 50), reservedConcurrency: fc.constant(null) }),
  seconds(2, 50).map((most) => ({ maxConcurrency: most, reservedConcurrency: most })),
  fc.record({
    provisioned: fc.record({ min: seconds(2, 3), max: seconds(3, 5) }),
    maxConcurrency: fc.constant(null),
    reservedConcurrency: fc.constant(null),
  }),
);

const entry = fc
  .tuple(
    batches,
    concurrency,
    fc.record(
      { timeoutSeconds: seconds(30, 900), memoryMb: seconds(128, 10_240), survivesOutageMinutes: seconds(0, 2_880) },
      optional,
    ),
  )
  .map(([batch, most, rest]) => ({ expectedMilliseconds: 1, ...batch, ...most, ...rest }));

const entries = fc.record(
  { inventory: entry, notifications: entry, shipment: entry, analytics: entry, loyalty: entry, audit: entry },
  optional,
);

const shared = fc.record(
  {
    throttle: fc.record({ rate: seconds(1, 5), burst: seconds(1, 10) }),
    logRetentionDays: fc.constantFrom(1, 90, 3_653),
    tags: fc.dictionary(fc.stringMatching(/^[a-z]{1,9}$/), fc.stringMatching(/^[a-z0-9]{0,9}$/)),
  },
  optional,
);

/** Three configs: production, a stack that a browser may call, and one that none may. A network of its own costs seconds. */
export const generatedConfigs = fc.tuple(shared, entries, shared, entries, shared, entries).map((parts) => {
  const [production, consumers, first, some, second, others] = parts;
  return [
    { stack: "policy", over: { ...production, network: "public", consumers } },
    { stack: "dev", over: { ...first, corsOrigins: ["https://shop.order-fanout.dev"], consumers: some } },
    { stack: "dev", over: { ...second, consumers: others } },
  ] satisfies GeneratedConfig[];
});
