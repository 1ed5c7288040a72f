import { at, isRecord, jsonAt, listAt, ofType, referringTo, statementsOn, textAt, variableAt } from "../graph.ts";
import type { Graph, GraphResource } from "../graph.ts";
import type { Rule } from "../rule.ts";
import { BUCKET, BUCKET_ACCESS, BUCKET_LIFECYCLE, BUCKET_POLICY, FUNCTION, QUEUE, TABLE } from "../types.ts";
import { deniesPlainHttp } from "./delivery.ts";

/** The attribute with the time after which an item ends, as the runtime writes it. */
const TTL_ATTRIBUTE = "expiresAt";
const PUBLIC_ACCESS = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"];

const endsAt = (table: GraphResource): string =>
  at(table, "ttl", "enabled") === true ? textAt(table, "ttl", "attributeName") : "";

/** The table that a function knows by a name. */
function tableOf(graph: Graph, lambda: GraphResource, use: string): GraphResource | undefined {
  const names: unknown = JSON.parse(variableAt(lambda, "RESOURCES") ?? "{}");
  return ofType(graph, TABLE).find((table) => isRecord(names) && textAt(table, "name") === names[use]);
}

interface Ends extends Pick<Rule, "id" | "row" | "title"> {
  /** The variable of the functions that write what is to end, and the name by which they know its table. */
  readonly variable: string;
  readonly use: string;
  readonly what: string;
}

/** A rule that a table deletes what functions with a variable write. */
const ends = ({ variable, use, what, ...rule }: Ends): Rule => ({
  ...rule,
  fix: `Set ttl.attributeName of the table to ${TTL_ATTRIBUTE}, and ttl.enabled`,
  page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html",
  of: [FUNCTION],
  judge: (lambda, graph) => {
    if (variableAt(lambda, variable) === undefined) return undefined;
    const table = tableOf(graph, lambda, use);
    return table && endsAt(table) === TTL_ATTRIBUTE ? undefined : what;
  },
});

export const storageRules: readonly Rule[] = [
  {
    id: "table-on-demand",
    row: 10,
    title: "Every table is billed on demand.",
    fix: "Set billingMode to PAY_PER_REQUEST: a surge of orders is not announced",
    page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html",
    of: [TABLE],
    judge: (table) => {
      const mode = textAt(table, "billingMode");
      return mode === "PAY_PER_REQUEST" ? undefined : `billingMode is ${mode || "PROVISIONED"}`;
    },
  },
  {
    id: "table-is-recoverable",
    row: 10,
    title: "Every table has point-in-time recovery.",
    fix: "Set pointInTimeRecovery.enabled",
    page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html",
    of: [TABLE],
    judge: (table) => (at(table, "pointInTimeRecovery", "enabled") === true ? undefined : "it is off"),
  },
  {
    id: "table-is-encrypted",
    row: 10,
    title: "Every table is encrypted by a key of KMS.",
    fix: "Set serverSideEncryption.enabled",
    page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/EncryptionAtRest.html",
    of: [TABLE],
    judge: (table) => (at(table, "serverSideEncryption", "enabled") === true ? undefined : "it is off"),
  },
  {
    id: "table-is-kept",
    row: 10,
    title: "In production, no table can be deleted.",
    fix: "Set deletionProtectionEnabled",
    page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html",
    productionOnly: true,
    of: [TABLE],
    judge: (table) => (at(table, "deletionProtectionEnabled") === true ? undefined : "deletion protection is off"),
  },
  {
    id: "data-is-protected",
    row: 10,
    title: "In production, no change of the config deletes a table, a bucket or a queue.",
    fix: "Set the resource option protect",
    page: "https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
    productionOnly: true,
    of: [TABLE, BUCKET, QUEUE],
    judge: ({ protect }) => (protect ? undefined : "it is not protected"),
  },
  {
    id: "ttl-is-the-codes",
    row: 10,
    title: `Items of a table end by the attribute that the code writes, ${TTL_ATTRIBUTE}.`,
    fix: `Set ttl.attributeName to ${TTL_ATTRIBUTE}: by any other, nothing ends`,
    page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html",
    of: [TABLE],
    judge: (table) => ([TTL_ATTRIBUTE, ""].includes(endsAt(table)) ? undefined : `they end by ${endsAt(table)}`),
  },
  ends({
    id: "ledger-ends",
    row: 10,
    title: "The claims of the ledger end by themselves.",
    variable: "LEASE_SECONDS",
    use: "effects",
    what: "its ledger keeps every claim for ever",
  }),
  ends({
    id: "contacts-end",
    row: 14,
    title: "Contact data ends by itself.",
    variable: "CONTACT_DAYS",
    use: "orders",
    what: "its orders keep names and addresses for ever",
  }),
  {
    id: "bucket-is-private",
    row: 10,
    title: "Every bucket blocks public access, in all four ways.",
    fix: `Make one BucketPublicAccessBlock with ${PUBLIC_ACCESS.join(", ")}`,
    page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
    of: [BUCKET],
    judge: (bucket, graph) => {
      const [block] = referringTo(graph, bucket, BUCKET_ACCESS, "bucket");
      const open = PUBLIC_ACCESS.filter((way) => block === undefined || at(block, way) !== true);
      return open.length === 0 ? undefined : `${open.join(", ")} is not set`;
    },
  },
  {
    id: "bucket-denies-plain-http",
    row: 10,
    title: "Every bucket denies what does not come over TLS.",
    fix: "Deny everybody s3:* on the bucket and its objects where aws:SecureTransport is false",
    page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html",
    of: [BUCKET],
    judge: (bucket, graph) => {
      const statements = statementsOn(graph, bucket, BUCKET_POLICY, "bucket");
      const both = `${textAt(bucket, "arn")},${textAt(bucket, "arn")}/*`;
      return statements.some((one) => deniesPlainHttp(one, "s3:*") && one.resources.join() === both)
        ? undefined
        : "plain HTTP is not denied on the bucket and its objects";
    },
  },
  {
    id: "bucket-allows-nobody",
    row: 10,
    title: "No bucket's policy allows anybody anything: roles do.",
    fix: "Take the statement out, and allow it in the role's policy",
    page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
    of: [BUCKET],
    judge: (bucket, graph) =>
      statementsOn(graph, bucket, BUCKET_POLICY, "bucket").some(({ effect }) => effect !== "Deny")
        ? "its policy allows something"
        : undefined,
  },
  {
    id: "bucket-has-lifecycle",
    row: 10,
    title: "Every bucket says what becomes of its objects.",
    fix: "Make a BucketLifecycleConfiguration with a rule",
    page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html",
    of: [BUCKET],
    judge: (bucket, graph) =>
      referringTo(graph, bucket, BUCKET_LIFECYCLE, "bucket").some((one) => listAt(one, "rules").length > 0)
        ? undefined
        : "it has no lifecycle",
  },
  {
    id: "bucket-keeps-objects",
    row: 10,
    title: "In production, no bucket is deleted with what is in it.",
    fix: "Take forceDestroy out",
    page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html",
    productionOnly: true,
    of: [BUCKET],
    judge: (bucket) => (at(bucket, "forceDestroy") === true ? "forceDestroy is set" : undefined),
  },
  {
    id: "outbox-is-sharded",
    row: 11,
    title: "The index of the outbox is spread over shards, and keeps keys alone.",
    fix: "Set the index's hashKey to outboxShard and projectionType to KEYS_ONLY: one hot key throttles the table's writes",
    page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-indexes-gsi-sharding.html",
    of: [TABLE],
    judge: (table) => {
      const indexes = listAt(table, "globalSecondaryIndexes").filter(isRecord);
      const wrong = indexes.filter(
        ({ name, hashKey, rangeKey, projectionType }) =>
          projectionType !== "KEYS_ONLY" ||
          (name === "outbox" && (hashKey !== "outboxShard" || rangeKey !== "outboxSince")),
      );
      return wrong.length === 0 ? undefined : `${wrong.map(({ name }) => String(name)).join(", ")} is otherwise`;
    },
  },
  {
    id: "outbox-has-its-index",
    row: 11,
    title: "A function that emits events knows an outbox that has its index.",
    fix: "Give the outbox's table its index: the relay finds nothing without it",
    page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-indexes-general-sparse-indexes.html",
    of: [FUNCTION],
    judge: (lambda, graph) => {
      const outbox = jsonAt(lambda, "environment", "variables", "OUTBOX");
      if (!isRecord(outbox)) return undefined;
      const table = ofType(graph, TABLE).find((one) => textAt(one, "name") === outbox["table"]);
      return table && listAt(table, "globalSecondaryIndexes").length > 0 ? undefined : "its outbox has no index";
    },
  },
];
