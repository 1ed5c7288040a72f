import * as pulumi from "@pulumi/pulumi";
import { distance } from "fastest-levenshtein";
import * as z from "zod";
import type { QueueLimits } from "./components/queue-consumer.ts";
import type { Consumer } from "./runtime/define/consumer.ts";
import type { Need, NeedsOf, TwoKinds } from "./runtime/define/types.ts";

/**
 * One consumer's entry in the stack's config. The limits are Lambda's and SQS's:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html,
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const ConsumerEntry = z
  .strictObject({
    /** Messages in a batch: 1 to 10,000. Default 10. */
    batchSize: z.int().min(1).max(10_000).default(10),
    /** How long a batch may wait to be filled, in seconds: 0 to 300. Default 0. */
    batchWindowSeconds: z.int().min(0).max(300).default(0),
    /** Batches at the same time: 2 to 1,000. Default 10. */
    maxConcurrency: z.int().min(2).max(1_000).default(10),
    /** The function's timeout in seconds: 1 to 900. Default 30. */
    timeoutSeconds: z.int().min(1).max(900).default(30),
    /** The function's memory in MB: 128 to 10,240. Default 256. */
    memoryMb: z.int().min(128).max(10_240).default(256),
    /** How long what is behind the consumer may be down without a dead letter, in minutes: 0 to 2,880. Default 0. */
    survivesOutageMinutes: z.int().min(0).max(2_880).default(0),
    /** What the handler's own schema says. */
    settings: z.unknown().optional(),
  })
  .refine(({ batchSize, batchWindowSeconds }) => batchSize <= 10 || batchWindowSeconds >= 1, {
    path: ["batchWindowSeconds"],
    message: "must be at least 1 where batchSize is over 10",
  });

/** Every other key of the stack's config. */
const StackConfig = z.strictObject({
  consumers: z.record(z.string(), z.unknown()),
  /** Data is protected from deletion, and nothing may be sandboxed. Default false. */
  production: z.boolean().default(false),
  /** Origins that a browser may call the API from. Default none. */
  corsOrigins: z.array(z.string().refine(isOrigin, "must be an origin, such as https://shop.example")).default([]),
  /** Requests a second that the API lets through, and how many at once. Default 500 and 1,000. */
  throttle: z
    .strictObject({ rate: z.number().positive(), burst: z.int().positive() })
    .default({ rate: 500, burst: 1_000 }),
  /** Days that logs are kept: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html. Default 30. */
  logRetentionDays: z
    .literal([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653])
    .default(30),
});

/** A consumer as the stack's config has it: its name, its handler, and its limits. */
export interface ConfiguredConsumer<N extends Need> extends QueueLimits {
  readonly name: string;
  readonly handler: Consumer<N>;
  readonly settings: unknown;
}

/** Every mistake of a stack's config, at once. */
export class ConfigError extends pulumi.RunError {
  constructor(stack: string, mistakes: readonly string[]) {
    const count = mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`;
    super(`Pulumi.${stack}.yaml has ${count}:\n${mistakes.map((mistake) => `  ${mistake}`).join("\n")}`);
    this.name = "ConfigError";
  }
}

/**
 * Reads and checks the stack's config. A consumer's name becomes its handler, out of those that the program knows.
 * @throws ConfigError with every mistake.
 */
export function loadConfig<R extends Readonly<Record<string, Consumer>>>(
  // The second type says that each consumer is also one with the needs of them all, which the loop over the config gets.
  known: TwoKinds<NeedsOf<R>> & R & Readonly<Record<string, Consumer<NeedsOf<R>>>>,
) {
  const mistakes: string[] = [];
  const sandboxed: string[] = [];
  const raw = readConfig();
  const stack = check(StackConfig, raw, "", mistakes);

  const consumers = Object.entries(isRecord(raw["consumers"]) ? raw["consumers"] : {}).flatMap(([name, value]) => {
    const at = `consumers.${name}`;
    const handler = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!handler) {
      mistakes.push(`${at}: there is no consumer "${name}"; ${suggest(name, Object.keys(known))}`);
      return [];
    }
    const entry: unknown = value ?? {};
    const limits = check(ConsumerEntry, entry, at, mistakes);
    const given = isRecord(entry) ? (entry["settings"] ?? {}) : {};
    const settings = check(handler.settings ?? z.strictObject({}), given, `${at}.settings`, mistakes);
    if (settings !== undefined) {
      // The settings have just been parsed by the schema that is the type of `sandboxed`.
      const sandbox = handler.sandboxed?.(settings as never);
      if (sandbox !== undefined) sandboxed.push(`${at}.settings: ${sandbox}`);
    }
    return limits ? [{ ...limits, name, handler, settings }] : [];
  });

  if (raw["production"] === true) mistakes.push(...sandboxed.map((sandbox) => `${sandbox} (this is production)`));
  if (mistakes.length > 0 || !stack) throw new ConfigError(pulumi.getStack(), mistakes);
  for (const sandbox of sandboxed) void pulumi.log.warn(sandbox);
  const configured: ConfiguredConsumer<NeedsOf<R>>[] = consumers;
  return { ...stack, consumers: configured };
}

/** All that the stack's config says under the project's name; what is not JSON is text. */
function readConfig(): Record<string, unknown> {
  const prefix = `${pulumi.getProject()}:`;
  const entries = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(prefix.length), parseValue(value)]));
}

function parseValue(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function check<S extends z.ZodType>(
  schema: S,
  value: unknown,
  at: string,
  mistakes: string[],
): z.output<S> | undefined {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  for (const issue of error.issues) {
    const path = [...(at ? [at] : []), ...issue.path.map(String)].join(".");
    if (issue.code === "unrecognized_keys") {
      const names = keysAt(schema, issue.path);
      mistakes.push(
        ...issue.keys.map((key) => `${path ? `${path}.` : ""}${key}: is not a key; ${suggest(key, names)}`),
      );
    } else {
      const got = issue.path.reduce<unknown>((inner, key) => (isRecord(inner) ? inner[String(key)] : undefined), value);
      mistakes.push(`${path || "config"}: ${issue.message}; got ${JSON.stringify(got) ?? "nothing"}`);
    }
  }
  return undefined;
}

/** The keys that the schema knows at a path. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  if (schema instanceof z.ZodDefault) return keysAt(schema.unwrap(), path);
  if (!(schema instanceof z.ZodObject)) return [];
  const { shape }: { shape: Readonly<Record<string, z.core.$ZodType>> } = schema;
  const [key, ...rest] = path;
  if (key === undefined) return Object.keys(shape);
  const inner = shape[String(key)];
  return inner ? keysAt(inner, rest) : [];
}

/** The nearest of the known names, when a slip of the finger explains it, and all of them. */
function suggest(name: string, known: readonly string[]): string {
  const [nearest] = known
    .map((candidate) => ({ candidate, slips: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ slips }) => slips <= 3)
    .sort((a, b) => a.slips - b.slips);
  const all = known.length > 0 ? `known: ${[...known].sort().join(", ")}` : "none is known here";
  return nearest ? `did you mean "${nearest.candidate}"? (${all})` : all;
}

/** https://html.spec.whatwg.org/multipage/browsers.html#origin: scheme, host and port, and nothing behind them. */
function isOrigin(value: string): boolean {
  return /^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
