import * as z from "zod";

/**
 * One consumer's entry in the stack's config. The limits are Lambda's and SQS's:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html,
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const ConsumerEntry = z
  .strictObject({
    /** Which of the program's handlers it runs. Default the one of the entry's own name. */
    handler: z.string().optional(),
    /** Messages in a batch: 1 to 10,000. Default 10; for `WINDOW` see below. */
    batchSize: z.int().min(1).max(10_000).default(10),
    /** How long a batch may wait to be filled, in seconds: 0 to 300. Default 0. */
    batchWindowSeconds: z.int().min(0).max(300).default(0),
    /** Batches at the same time: 2 to 1,000. Default 10, or none with `provisioned`. */
    maxConcurrency: z.int().min(2).max(1_000).optional(),
    /**
     * Pollers that are always there (2 to 200) and at most (2 to 2,000), each with about 10 invocations, instead of
     * `maxConcurrency`: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html. Default none.
     */
    provisioned: z
      .strictObject({ min: z.int().min(2).max(200), max: z.int().min(2).max(2_000) })
      .refine(({ min, max }) => min <= max, { path: ["min"], message: "must be at most max" })
      .optional(),
    /** Concurrent executions that the function has for itself: as many as it can use, or more. Default none. */
    reservedConcurrency: z.int().min(2).max(100_000).optional(),
    /** How long a message takes, or with `handleBatch` a batch, in milliseconds: 1 to 900,000. Default 100, assumed. */
    expectedMilliseconds: z.number().min(1).max(900_000).optional(),
    /** The function's timeout in seconds: 1 to 900. Default 30. */
    timeoutSeconds: z.int().min(1).max(900).default(30),
    /** The function's memory in MB: 128 to 10,240. Default 512, the cheapest (docs/performance.md). */
    memoryMb: z.int().min(128).max(10_240).default(512),
    /** How long what is behind the consumer may be down without a dead letter, in minutes: 0 to 2,880. Default 0. */
    survivesOutageMinutes: z.int().min(0).max(2_880).default(0),
    /** What the handler's own schema says. */
    settings: z.unknown().optional(),
  })
  .refine(({ batchSize, batchWindowSeconds }) => batchSize <= 10 || batchWindowSeconds >= 1, {
    path: ["batchWindowSeconds"],
    message: "must be at least 1 where batchSize is over 10",
  })
  .refine(({ maxConcurrency, provisioned }) => maxConcurrency === undefined || provisioned === undefined, {
    path: ["provisioned"],
    message: "stands instead of maxConcurrency: AWS takes one of them",
  });

/** The batches of a handler with `handleBatch` outside local, where its entry says nothing of them. */
export const WINDOW = { batchSize: 100, batchWindowSeconds: 10 };

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html */
const isTag = ([key, value]: [string, string]): boolean =>
  /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/iu.test(key) &&
  /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/iu.test(value);
const TAG_RULE =
  "a key has 1 to 128 and a value up to 256 letters, digits, spaces and _ . : / = + - @, and neither begins with aws:";

const AUDIENCE = "must be one or more strings";

/** Every other key of the stack's config. */
export const StackConfig = z.strictObject({
  consumers: z.record(z.string(), z.unknown()),
  /** For `npm start` alone: mail, SMS and hosts are played. `pulumi preview` and `up` refuse it. Default false. */
  local: z.boolean().default(false),
  /** Data is protected from deletion, nothing may be sandboxed, and alarms have an address. Default false. */
  production: z.boolean().default(false),
  /** Origins that a browser may call the API from. Default none; one or more in production. */
  corsOrigins: z.array(z.string().refine(isOrigin, "must be an origin, such as https://shop.example")).default([]),
  /**
   * Whose tokens the API takes (an OpenID Connect issuer, letter for letter the tokens' `iss`) and for whom they are
   * (their `aud`, or `client_id` where there is none). Default none: whoever has the URL may call; required in
   * production. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
   */
  auth: z
    .strictObject({
      issuer: z
        .string()
        .refine(isIssuer, "must be an https URL without query and fragment, as the tokens' `iss` has it"),
      audience: z
        .union([z.string(), z.array(z.string())], AUDIENCE)
        .transform((audience) => (typeof audience === "string" ? [audience] : audience))
        .refine((audience) => audience.length > 0 && !audience.includes(""), AUDIENCE),
    })
    .optional(),
  /** Requests a second that the API lets through, and how many at once. Default 50 and 100. */
  throttle: z
    .strictObject({ rate: z.number().positive(), burst: z.int().positive() })
    .default({ rate: 50, burst: 100 }),
  /** Where alarms go: the address confirms a subscription that SNS sends it. Default nobody; required in production. */
  alarms: z.strictObject({ email: z.email().optional() }).default({}),
  /** Whether the functions run inside a VPC of their own, behind NAT gateways. Default "public": they do not. */
  network: z.enum(["public", "private"]).default("public"),
  /** The zones of a private network, by the letters that follow the region's name: 2 to 4. Default a, b and c. */
  zones: z
    .array(z.string().regex(/^[a-z]$/, "must be a letter, such as a of eu-west-1a"))
    .min(2)
    .max(4)
    .default(["a", "b", "c"]),
  /**
   * The account's quota of concurrent executions: 10 to 100,000. Default 1,000; a new account may have 10.
   * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
   */
  accountConcurrency: z.int().min(10).max(100_000).default(1_000),
  /** Concurrent executions that each of the API's functions has for itself: 1 to 10,000. Default none. */
  apiReservedConcurrency: z.int().min(1).max(10_000).optional(),
  /**
   * Days that an order's name, addresses and phone number are kept after it has ended: 1 to 3,650. Default 90. Orders
   * that are there already keep the days that they were placed with.
   */
  contactDays: z.int().min(1).max(3_650).default(90),
  /** Days that an order may be on hold before it cancels itself: 1 to 365. Default 14. An alarm comes before. */
  onHoldDays: z.int().min(1).max(365).default(14),
  /** Tags of every resource. Default none. */
  tags: z
    .record(z.string(), z.string())
    .refine((tags) => Object.entries(tags).every(isTag), TAG_RULE)
    .default({}),
  /**
   * Days that logs are kept:
   * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html. Default 30.
   */
  logRetentionDays: z
    .literal([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653])
    .default(30),
});

/** https://html.spec.whatwg.org/multipage/browsers.html#origin: scheme, host and port, and nothing behind them. */
function isOrigin(value: string): boolean {
  return /^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}

/**
 * https://openid.net/specs/openid-connect-core-1_0.html#Terminology: an https URL without query and fragment. A
 * laptop's own issuer may do without TLS.
 */
function isIssuer(value: string): boolean {
  if (!URL.canParse(value) || /[?#\s]/.test(value)) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === "https:" || (protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(hostname));
}

/**
 * What is wrong with a consumer's name, if anything. The names of its resources begin with it, and Pulumi adds up to 13
 * characters to its role's, which has at most 64:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
 */
export function nameMistakes(name: string): string[] {
  if (!/^[a-z][a-z0-9-]{0,49}$/i.test(name)) {
    return ["a consumer's name is 1 to 50 letters, digits and hyphens, and begins with a letter"];
  }
  if (/^(relay|holds|(api|operations|orders)(-.*)?)$/.test(name)) {
    return [
      "other parts of the program have `relay` and `holds`, and names that begin with `api`, `operations` or `orders`; choose another name",
    ];
  }
  return [];
}
