/** A guard of the code: how it is taken out, and which tests must notice. */
export interface Guard {
  readonly name: string;
  /** The row of the promises' table that it stands for. */
  readonly promise: string;
  readonly edits: readonly { readonly file: string; readonly find: string; readonly replace: string }[];
  readonly tests: readonly string[];
}

const invariants = "tests/reliability/invariants.test.ts";
const crashes = "tests/reliability/crash-points.test.ts";
const inventory = "tests/reliability/inventory.test.ts";

const guard = (
  promise: string,
  name: string,
  tests: string | readonly string[],
  file: string,
  find: string,
  replace: string,
): Guard => ({
  name,
  promise,
  tests: typeof tests === "string" ? [tests] : tests,
  edits: [{ file, find, replace }],
});

/** Every guard that a promise rests on. */
export const guards: readonly Guard[] = [
  {
    name: "an order is written once",
    promise: "I16",
    tests: [invariants],
    edits: [
      { file: "handlers/place-order.ts", find: 'ConditionExpression: "attribute_not_exists(orderId)"', replace: "" },
      { file: "runtime/outbox.ts", find: 'ConditionExpression: "attribute_not_exists(orderId)",', replace: "" },
    ],
  },
  guard(
    "I16",
    "a key is read before anything is priced",
    invariants,
    "handlers/place-order.ts",
    "key !== undefined && (await replay())",
    "false && (await replay())",
  ),
  guard(
    "I16",
    "a key belongs to one body",
    invariants,
    "handlers/place-order.ts",
    "order.fingerprint !== fingerprint",
    "false",
  ),
  guard(
    "I4",
    "an event is marked until it is published",
    invariants,
    "runtime/outbox.ts",
    "outboxShard: shardOf(orderId), outboxSince: now",
    "",
  ),
  guard(
    "I4",
    "the relay publishes what is marked",
    crashes,
    "handlers/relay-outbox.ts",
    "const taken = await topic.publish(unpublished);",
    "const taken = unpublished;",
  ),
  guard(
    "I4",
    "only what SNS took leaves the outbox",
    invariants,
    "handlers/relay-outbox.ts",
    "taken.map((stored) => orders.update(clearMark(stored)))",
    "unpublished.map((stored) => orders.update(clearMark(stored)))",
  ),
  guard(
    "I6",
    "the age of the oldest mark is told",
    invariants,
    "handlers/relay-outbox.ts",
    "due[0] ? age(due[0].outboxSince) : 0",
    "0",
  ),
  guard(
    "I10",
    "a call of the relay that fails costs only what it is for",
    invariants,
    "handlers/relay-outbox.ts",
    "return undefined;\n      }",
    "throw error;\n      }",
  ),
  guard(
    "I10",
    "a conflict is not a verdict",
    invariants,
    "runtime/transact.ts",
    "if (others.length === 0)",
    "if (true)",
  ),
  guard(
    "I7",
    "stock is deducted only where there is enough",
    inventory,
    "handlers/inventory.ts",
    'ConditionExpression: "onHand >= :quantity"',
    'ConditionExpression: "attribute_exists(sku)"',
  ),
  guard(
    "I2",
    "a status moves on from where it is",
    inventory,
    "runtime/status.ts",
    "`#status IN (${",
    "`attribute_exists(orderId) OR #status IN (${",
  ),
  guard(
    "I8",
    "stock is given back once",
    inventory,
    "handlers/inventory.ts",
    '"stockTaken = :yes AND #status = :cancelled"',
    '"attribute_exists(orderId) OR (stockTaken = :yes AND #status = :cancelled)"',
  ),
  guard(
    "I9",
    "a shortage is told by SKU",
    inventory,
    "handlers/inventory.ts",
    "filter(({ write }) => refused.includes(write))",
    "filter(() => true)",
  ),
  guard(
    "I2",
    "an effect is claimed before it happens",
    invariants,
    "runtime/ports/ledger.ts",
    '"attribute_not_exists(eventId) OR (attribute_not_exists(outcome) AND leaseUntil < :now)"',
    '"attribute_not_exists(eventId) OR attribute_exists(eventId)"',
  ),
  guard(
    "I13",
    "a claim lasts as long as its lease",
    invariants,
    "runtime/ports/ledger.ts",
    "AND leaseUntil < :now)",
    "AND leaseUntil < :until)",
  ),
  guard(
    "I3",
    "a claim ends with its lease",
    crashes,
    "runtime/ports/ledger.ts",
    " OR (attribute_not_exists(outcome) AND leaseUntil < :now)",
    "",
  ),
  guard(
    "I13",
    "only its owner gives a claim back",
    invariants,
    "runtime/ports/ledger.ts",
    '"#owner = :me AND attribute_not_exists(outcome)"',
    '"attribute_exists(eventId) OR #owner = :me"',
  ),
  guard(
    "I3",
    "an effect is completed after it has happened",
    crashes,
    "runtime/ports/ledger.ts",
    'if (error.Item?.["outcome"]) return undefined;',
    "return undefined;",
  ),
  guard(
    "I2",
    "points are added once an event",
    invariants,
    "handlers/loyalty.ts",
    'ConditionExpression: "attribute_not_exists(id)"',
    'ConditionExpression: "attribute_not_exists(id) OR attribute_exists(id)"',
  ),
  guard(
    "I14",
    "a booking carries the order's key",
    invariants,
    "handlers/shipment.ts",
    'headers: { "idempotency-key": orderId },',
    "",
  ),
  guard(
    "I17",
    "what was cancelled meanwhile is cancelled with the carrier",
    crashes,
    "handlers/shipment.ts",
    'if (now?.["status"] === "cancelled") await cancelBooking();',
    "",
  ),
  guard(
    "I3",
    "a booking whose function died is cancelled too",
    crashes,
    "handlers/shipment.ts",
    'if (order.status === "cancelled") return cancelBooking();',
    "",
  ),
  guard(
    "I19",
    "a carrier that is busy is asked again",
    "tests/handlers/shipment.test.ts",
    "handlers/shipment.ts",
    "[400, 413, 422].includes(status)",
    "true",
  ),
  guard(
    "",
    "what the carrier refuses for good is an outcome",
    "tests/handlers/shipment.test.ts",
    "handlers/shipment.ts",
    "if (isFinal(status))",
    "if (false)",
  ),
  guard(
    "",
    "what SES refuses for good is an outcome",
    invariants,
    "runtime/ports/email.ts",
    "FINAL.has(error.name)",
    "false",
  ),
  guard(
    "I12",
    "what cannot be read is not done",
    invariants,
    "runtime/consume.ts",
    'log.error("unreadable message", error, { messageId: record.messageId });\n    return [];',
    "throw error;",
  ),
];
