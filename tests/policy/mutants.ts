import {
  ALARM,
  API,
  ATTACHMENT,
  AUTHORIZER,
  BUCKET,
  BUCKET_ACCESS,
  BUCKET_LIFECYCLE,
  BUCKET_POLICY,
  FUNCTION,
  INTEGRATION,
  LOG_GROUP,
  MAPPING,
  PERMISSION,
  QUEUE,
  QUEUE_POLICY,
  ROLE,
  ROLE_POLICY,
  ROUTE,
  SECURITY_GROUP,
  STAGE,
  SUBSCRIPTION,
  TABLE,
  TOPIC,
  TOPIC_POLICY,
  VPC,
} from "../../policy/types.ts";
import { add, all, copy, drop, relink, replace, set, undepend, unlink, unprotect, urn, type Edit } from "./edits.ts";

/** A resource that breaks a rule: the rule's id, the resource's name, and what is wrong. */
type Finds = readonly [rule: string, resource: string, wrong: string];

/** A change of the graph of Pulumi.policy.yaml, and all that the rules find in it. */
export interface Mutant {
  readonly title: string;
  readonly edit: Edit;
  /** Of every function, where one is named for all. */
  readonly finds: readonly Finds[];
}

/** Stands for the name of every function. */
export const EVERY_FUNCTION = "every function";
const everywhere = (rule: string, wrong: string): Finds[] => [[rule, EVERY_FUNCTION, wrong]];

export const mutants: readonly Mutant[] = [
  {
    title: "a visibility timeout a second too short",
    edit: set(QUEUE, "inventory-queue", "visibilityTimeoutSeconds", 179),
    finds: [
      [
        "visibility-covers-attempts",
        "inventory-mapping",
        "visibilityTimeoutSeconds is 179, and 6 x the function's timeout of 30 s and a window of 0 s make it 180 or more",
      ],
    ],
  },
  {
    title: "a visibility timeout without the batch window",
    edit: set(QUEUE, "analytics-queue", "visibilityTimeoutSeconds", 180),
    finds: [
      [
        "visibility-covers-attempts",
        "analytics-mapping",
        "visibilityTimeoutSeconds is 180, and 6 x the function's timeout of 30 s and a window of 60 s make it 240 or more",
      ],
    ],
  },
  {
    title: "a visibility timeout that does not outlast the lease",
    edit: set(QUEUE, "notifications-queue", "visibilityTimeoutSeconds", 209),
    finds: [
      [
        "visibility-covers-lease",
        "notifications-mapping",
        "visibilityTimeoutSeconds is 209, and a lease of 150 s and a minute make it 210 or more",
      ],
      [
        "retries-outlast-outage",
        "notifications-mapping",
        "the last attempt starts after 86317 s, and the outage lasts 86400 s",
      ],
    ],
  },
  {
    title: "a lease that one wrong clock ends too early",
    edit: set(FUNCTION, "notifications", "environment.variables.LEASE_SECONDS", "90"),
    finds: [
      [
        "lease-covers-function",
        "notifications",
        "LEASE_SECONDS is 90, and the function's timeout of 30 s and 120 s make it 150 or more",
      ],
    ],
  },
  {
    title: "a queue without dead letters",
    edit: unlink(QUEUE, "audit-queue", "redrivePolicy"),
    finds: [["queue-has-dead-letters", "audit-queue", "there is no dead-letter queue"]],
  },
  {
    title: "four attempts",
    edit: replace(QUEUE, "inventory-queue", "redrivePolicy", '"maxReceiveCount":5', '"maxReceiveCount":4'),
    finds: [["five-attempts", "inventory-queue", "maxReceiveCount is 4"]],
  },
  {
    title: "dead letters that are kept for 4 days",
    edit: set(QUEUE, "inventory-dead-letters", "messageRetentionSeconds", 345_600),
    finds: [["dead-letters-stay", "inventory-dead-letters", "messageRetentionSeconds is 345600"]],
  },
  {
    title: "a queue that keeps messages as long as its dead letters",
    edit: set(QUEUE, "inventory-queue", "messageRetentionSeconds", 1_209_600),
    finds: [["dead-letters-stay", "inventory-dead-letters", "the queue before it keeps messages for 1209600 s"]],
  },
  {
    title: "too few attempts for a day's outage",
    edit: replace(QUEUE, "shipment-queue", "redrivePolicy", '"maxReceiveCount":482', '"maxReceiveCount":480'),
    finds: [
      [
        "retries-outlast-outage",
        "shipment-mapping",
        "the last attempt starts after 86220 s, and the outage lasts 86400 s",
      ],
    ],
  },
  {
    title: "a mapping without partial batch responses",
    edit: set(MAPPING, "inventory-mapping", "functionResponseTypes", []),
    finds: [["partial-batch-responses", "inventory-mapping", "functionResponseTypes is []"]],
  },
  {
    title: "a mapping without a limit",
    edit: set(MAPPING, "inventory-mapping", "scalingConfig", undefined),
    finds: [["mapping-has-one-limit", "inventory-mapping", "maximumConcurrency is undefined"]],
  },
  {
    title: "a mapping with both limits",
    edit: set(MAPPING, "audit-mapping", "provisionedPollerConfig", { minimumPollers: 2, maximumPollers: 2 }),
    finds: [["mapping-has-one-limit", "audit-mapping", "there are both"]],
  },
  {
    title: "a mapping with more pollers at least than at most",
    edit: all(
      set(MAPPING, "audit-mapping", "scalingConfig", undefined),
      set(MAPPING, "audit-mapping", "provisionedPollerConfig", { minimumPollers: 20, maximumPollers: 10 }),
    ),
    finds: [["mapping-has-one-limit", "audit-mapping", "the pollers are 20 to 10"]],
  },
  {
    title: "a reservation below the mapping's concurrency",
    edit: set(FUNCTION, "inventory", "reservedConcurrentExecutions", 29),
    finds: [["reserved-covers-mapping", "inventory-mapping", "29 are reserved, and the mapping uses 30"]],
  },
  {
    title: "a large batch without a window",
    edit: set(MAPPING, "analytics-mapping", "maximumBatchingWindowInSeconds", 0),
    finds: [["large-batches-wait", "analytics-mapping", "batchSize is 1000, and there is no window"]],
  },
  {
    title: "a queue in plain text",
    edit: set(QUEUE, "inventory-queue", "sqsManagedSseEnabled", false),
    finds: [["queue-is-encrypted", "inventory-queue", "sqsManagedSseEnabled is not set"]],
  },
  {
    title: "a queue under AWS's key, which SNS may not use",
    edit: set(QUEUE, "inventory-queue", "kmsMasterKeyId", "alias/aws/sqs"),
    finds: [["queue-is-encrypted", "inventory-queue", "SNS may not use the key alias/aws/sqs"]],
  },
  {
    title: "a topic under AWS's key, which CloudWatch may not use",
    edit: set(TOPIC, "operations-alarms", "kmsMasterKeyId", "alias/aws/sns"),
    finds: [["topic-takes-alarms", "operations-alarms", "kmsMasterKeyId is alias/aws/sns"]],
  },
  {
    title: "a subscription without raw delivery",
    edit: set(SUBSCRIPTION, "audit-subscription", "rawMessageDelivery", false),
    finds: [["raw-delivery", "audit-subscription", "rawMessageDelivery is not set"]],
  },
  {
    title: "a subscription without a filter",
    edit: set(SUBSCRIPTION, "audit-subscription", "filterPolicy", undefined),
    finds: [["subscription-has-filter", "audit-subscription", "the filter policy names no type"]],
  },
  {
    title: "a filter that SNS refuses",
    edit: set(
      SUBSCRIPTION,
      "audit-subscription",
      "filterPolicy",
      JSON.stringify({ type: ["a"], a: [1], b: [1], c: [1], d: [1], e: [1] }),
    ),
    finds: [["filter-is-small", "audit-subscription", "it names 6 attributes and 1 combinations"]],
  },
  {
    title: "a subscription without dead letters",
    edit: unlink(SUBSCRIPTION, "audit-subscription", "redrivePolicy"),
    finds: [["subscription-has-dead-letters", "audit-subscription", "there is no dead-letter queue"]],
  },
  {
    title: "a queue that admits another topic",
    edit: replace(QUEUE_POLICY, "audit-queue-policy", "policy", ':order-events"}', ':other-events"}'),
    finds: [
      ["queue-admits-its-topic", "audit-subscription", "audit-queue does not admit the topic"],
      ["queue-admits-nobody-else", "audit-queue", "it allows sqs:SendMessage to others"],
    ],
  },
  {
    title: "a dead-letter queue without a policy",
    edit: drop(QUEUE_POLICY, "audit-dead-letters-policy"),
    finds: [
      ["queue-admits-its-topic", "audit-subscription", "audit-dead-letters does not admit the topic"],
      ["queue-has-one-policy", "audit-dead-letters", "there are 0"],
      ["queue-denies-plain-http", "audit-dead-letters", "plain HTTP is not denied"],
    ],
  },
  {
    title: "a queue with two policies",
    edit: copy(QUEUE_POLICY, "audit-queue-policy", {}),
    finds: [
      ["queue-has-one-policy", "audit-queue", "there are 2"],
      ["subscription-after-policies", "audit-subscription", "it does not wait for audit-queue-policy-copy"],
    ],
  },
  {
    title: "a queue that admits every topic",
    edit: replace(
      QUEUE_POLICY,
      "audit-queue-policy",
      "policy",
      '"Statement":[',
      '"Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"},',
    ),
    finds: [["queue-admits-nobody-else", "audit-queue", "it allows sqs:SendMessage to others"]],
  },
  {
    title: "a queue that takes plain HTTP",
    edit: replace(
      QUEUE_POLICY,
      "audit-queue-policy",
      "policy",
      '"aws:SecureTransport":"false"',
      '"aws:SecureTransport":"true"',
    ),
    finds: [["queue-denies-plain-http", "audit-queue", "plain HTTP is not denied"]],
  },
  {
    title: "a topic that takes plain HTTP",
    edit: drop(TOPIC_POLICY, "order-events-policy"),
    finds: [["topic-denies-plain-http", "order-events", "publishing over plain HTTP is not denied"]],
  },
  {
    title: "a topic that admits everybody",
    edit: replace(
      TOPIC_POLICY,
      "order-events-policy",
      "policy",
      '"Statement":[',
      '"Statement":[{"Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":"*"},',
    ),
    finds: [["topic-allows-services-alone", "order-events", "it allows sns:Publish to others"]],
  },
  {
    title: "a * in an action",
    edit: replace(ROLE_POLICY, "inventory-policy", "policy", '"sns:Publish"', '"sns:*"'),
    finds: [["no-star", "inventory-policy", "sns:* on arn:aws:sns:eu-west-1:111122223333:order-events"]],
  },
  {
    title: "a * for a resource",
    edit: replace(
      ROLE_POLICY,
      "api-post-orders-policy",
      "policy",
      '"Resource":"arn:aws:dynamodb:eu-west-1:111122223333:table/orders-stock"',
      '"Resource":"*"',
    ),
    finds: [["no-star", "api-post-orders-policy", "dynamodb:BatchGetItem on *"]],
  },
  {
    title: "SMS where they are off",
    edit: replace(
      ROLE_POLICY,
      "notifications-policy",
      "policy",
      '"Statement":[',
      '"Statement":[{"Effect":"Allow","Action":"sns:Publish","NotResource":"arn:aws:sns:*:*:*"},',
    ),
    finds: [["no-star", "notifications-policy", "sns:Publish on all but arn:aws:sns:*:*:*"]],
  },
  {
    title: "network interfaces outside of a VPC",
    edit: unlink(FUNCTION, "audit", "vpcConfig"),
    finds: [
      [
        "no-star",
        "audit-policy",
        "ec2:DescribeNetworkInterfaces, ec2:DescribeSubnets on *; ec2:CreateNetworkInterface, ec2:DeleteNetworkInterface, ec2:AssignPrivateIpAddresses, ec2:UnassignPrivateIpAddresses on arn:aws:ec2:eu-west-1:111122223333:network-interface/*, arn:aws:ec2:eu-west-1:111122223333:subnet/*, arn:aws:ec2:eu-west-1:111122223333:security-group/*",
      ],
    ],
  },
  {
    title: "a denial in a role's policy",
    edit: replace(ROLE_POLICY, "audit-policy", "policy", '"Effect":"Allow"', '"Effect":"Deny"'),
    finds: [["roles-only-allow", "audit-policy", "1 of 4 statements are something else"]],
  },
  {
    title: "two functions with one role",
    edit: relink(FUNCTION, "audit", "role", urn(ROLE, "inventory-role")),
    finds: [
      [
        "no-star",
        "audit-policy",
        "ec2:DescribeNetworkInterfaces, ec2:DescribeSubnets on *; ec2:CreateNetworkInterface, ec2:DeleteNetworkInterface, ec2:AssignPrivateIpAddresses, ec2:UnassignPrivateIpAddresses on arn:aws:ec2:eu-west-1:111122223333:network-interface/*, arn:aws:ec2:eu-west-1:111122223333:subnet/*, arn:aws:ec2:eu-west-1:111122223333:security-group/*",
      ],
      ["one-role-per-function", "inventory", "it shares inventory-role with audit"],
      ["one-role-per-function", "audit", "it shares inventory-role with inventory"],
      ["role-has-one-service", "audit-role", "it is not for scheduler.amazonaws.com alone"],
      ["mapping-after-policy", "audit-mapping", "it does not wait for inventory-policy"],
      ["function-after-policy", "audit", "it does not wait for inventory-policy"],
    ],
  },
  {
    title: "a role with two policies",
    edit: copy(ROLE_POLICY, "audit-policy", {}),
    finds: [
      ["one-policy-per-role", "audit-role", "it has 2"],
      ["mapping-after-policy", "audit-mapping", "it does not wait for audit-policy-copy"],
      ["function-after-policy", "audit", "it does not wait for audit-policy-copy"],
    ],
  },
  {
    title: "a role with a policy of AWS's",
    edit: set(ROLE, "audit-role", "managedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"]),
    finds: [["no-managed-policy", "audit-role", "it has arn:aws:iam::aws:policy/AdministratorAccess"]],
  },
  {
    title: "a policy of AWS's attached to a role",
    edit: add({ type: ATTACHMENT, name: "admin" }),
    finds: [["no-managed-policy", "admin", "it attaches a managed policy"]],
  },
  {
    title: "a role that another service assumes",
    edit: replace(ROLE, "audit-role", "assumeRolePolicy", "lambda.amazonaws.com", "ec2.amazonaws.com"),
    finds: [["role-has-one-service", "audit-role", "it is not for lambda.amazonaws.com alone"]],
  },
  {
    title: "a role that Scheduler assumes for anybody",
    edit: replace(ROLE, "orders-relay-scheduler", "assumeRolePolicy", '"aws:SourceAccount"', '"aws:SourceIp"'),
    finds: [["role-has-one-service", "orders-relay-scheduler", "it is not for scheduler.amazonaws.com alone"]],
  },
  {
    title: "an old runtime",
    edit: set(FUNCTION, "audit", "runtime", "nodejs22.x"),
    finds: [["function-runtime", "audit", "it is nodejs22.x on arm64"]],
  },
  {
    title: "a function without a timeout",
    edit: set(FUNCTION, "api-get-health", "timeout", undefined),
    finds: [
      ["function-has-timeout", "api-get-health", "there is no timeout"],
      ["api-function-answers-in-time", "api-get-health-integration", "its function's timeout is undefined s"],
    ],
  },
  {
    title: "a function without a memory size",
    edit: set(FUNCTION, "audit", "memorySize", undefined),
    finds: [["function-has-memory", "audit", "there is no memory size"]],
  },
  {
    title: "a function whose logs are anybody's",
    edit: unlink(FUNCTION, "audit", "loggingConfig"),
    finds: [["function-has-log-group", "audit", "its log group is none of the stack's"]],
  },
  {
    title: "logs for ever",
    edit: set(LOG_GROUP, "audit-logs", "retentionInDays", undefined),
    finds: [["logs-end", "audit-logs", "it keeps its lines for ever"]],
  },
  {
    title: "a function slower than the API",
    edit: set(FUNCTION, "api-post-orders", "timeout", 30),
    finds: [["api-function-answers-in-time", "api-post-orders-integration", "its function's timeout is 30 s"]],
  },
  {
    title: "a function without versions",
    edit: set(FUNCTION, "audit", "publish", false),
    finds: [["function-is-published", "audit", "publish is not set"]],
  },
  {
    title: "an API that invokes $LATEST",
    edit: relink(INTEGRATION, "api-post-orders-integration", "integrationUri", urn(FUNCTION, "api-post-orders")),
    finds: [["invoked-by-alias", "api-post-orders-integration", "it names no alias"]],
  },
  {
    title: "a secret by its name",
    edit: set(FUNCTION, "shipment", "environment.variables.CARRIER_API_KEY", "x"),
    finds: [["no-secret-in-environment", "shipment", "CARRIER_API_KEY looks like a secret"]],
  },
  {
    title: "a secret by its shape",
    edit: set(FUNCTION, "shipment", "environment.variables.CARRIER", `sk_${"live"}_1815`),
    finds: [["no-secret-in-environment", "shipment", "CARRIER looks like a secret"]],
  },
  {
    title: "a VPC without NAT gateways",
    edit: set(VPC, "network", "natGateways.strategy", "None"),
    finds: everywhere("function-has-a-way-out", "there is no NAT gateway"),
  },
  {
    title: "a VPC that lets nothing out",
    edit: set(SECURITY_GROUP, "network-functions", "egress", []),
    finds: everywhere("function-has-a-way-out", "no security group lets HTTPS out"),
  },
  {
    title: "a VPC that lets everything in",
    edit: set(SECURITY_GROUP, "network-functions", "ingress", [
      { protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] },
    ]),
    finds: [["nothing-comes-in", "network-functions", "it has ingress"]],
  },
  {
    title: "a security group that says nothing",
    edit: set(SECURITY_GROUP, "network-functions", "description", undefined),
    finds: [["nothing-comes-in", "network-functions", "it has no description"]],
  },
  {
    title: "a table with a fixed capacity",
    edit: set(TABLE, "orders-stock", "billingMode", "PROVISIONED"),
    finds: [["table-on-demand", "orders-stock", "billingMode is PROVISIONED"]],
  },
  {
    title: "a table without backups",
    edit: set(TABLE, "orders-stock", "pointInTimeRecovery.enabled", false),
    finds: [["table-is-recoverable", "orders-stock", "it is off"]],
  },
  {
    title: "a table in DynamoDB's own key",
    edit: set(TABLE, "orders-stock", "serverSideEncryption", undefined),
    finds: [["table-is-encrypted", "orders-stock", "it is off"]],
  },
  {
    title: "a table that can be deleted",
    edit: set(TABLE, "orders-stock", "deletionProtectionEnabled", false),
    finds: [["table-is-kept", "orders-stock", "deletion protection is off"]],
  },
  {
    title: "a table that a config line deletes",
    edit: unprotect(TABLE, "loyalty-balances"),
    finds: [["data-is-protected", "loyalty-balances", "it is not protected"]],
  },
  {
    title: "a queue that a config line deletes",
    edit: unprotect(QUEUE, "audit-queue"),
    finds: [["data-is-protected", "audit-queue", "it is not protected"]],
  },
  {
    title: "a ledger that ends by another attribute",
    edit: set(TABLE, "orders-effects", "ttl.attributeName", "ttl"),
    finds: [
      ["ttl-is-the-codes", "orders-effects", "they end by ttl"],
      ["ledger-ends", "notifications", "its ledger keeps every claim for ever"],
    ],
  },
  {
    title: "a ledger that keeps everything",
    edit: set(TABLE, "orders-effects", "ttl", undefined),
    finds: [["ledger-ends", "notifications", "its ledger keeps every claim for ever"]],
  },
  {
    title: "contact data for ever",
    edit: set(TABLE, "orders-table", "ttl.enabled", false),
    finds: [["contacts-end", "api-post-orders", "its orders keep names and addresses for ever"]],
  },
  {
    title: "a bucket that a policy can make public",
    edit: set(BUCKET_ACCESS, "orders-lake-access", "blockPublicPolicy", false),
    finds: [["bucket-is-private", "orders-lake", "blockPublicPolicy is not set"]],
  },
  {
    title: "a bucket whose access nobody blocks",
    edit: drop(BUCKET_ACCESS, "orders-lake-access"),
    finds: [
      [
        "bucket-is-private",
        "orders-lake",
        "blockPublicAcls, blockPublicPolicy, ignorePublicAcls, restrictPublicBuckets is not set",
      ],
    ],
  },
  {
    title: "a bucket that takes plain HTTP",
    edit: drop(BUCKET_POLICY, "orders-lake-policy"),
    finds: [["bucket-denies-plain-http", "orders-lake", "plain HTTP is not denied on the bucket and its objects"]],
  },
  {
    title: "a bucket that everybody reads",
    edit: replace(
      BUCKET_POLICY,
      "orders-lake-policy",
      "policy",
      '"Statement":[',
      '"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::orders-lake/*"},',
    ),
    finds: [["bucket-allows-nobody", "orders-lake", "its policy allows something"]],
  },
  {
    title: "a bucket without a lifecycle",
    edit: drop(BUCKET_LIFECYCLE, "orders-lake-lifecycle"),
    finds: [["bucket-has-lifecycle", "orders-lake", "it has no lifecycle"]],
  },
  {
    title: "a bucket that goes with all that is in it",
    edit: set(BUCKET, "orders-lake", "forceDestroy", true),
    finds: [["bucket-keeps-objects", "orders-lake", "forceDestroy is set"]],
  },
  {
    title: "a hot index",
    edit: set(TABLE, "orders-table", "globalSecondaryIndexes", [
      { name: "outbox", hashKey: "status", rangeKey: "outboxSince", projectionType: "KEYS_ONLY" },
    ]),
    finds: [["outbox-is-sharded", "orders-table", "outbox is otherwise"]],
  },
  {
    title: "an index with whole items",
    edit: set(TABLE, "orders-table", "globalSecondaryIndexes", [
      { name: "outbox", hashKey: "outboxShard", rangeKey: "outboxSince", projectionType: "ALL" },
    ]),
    finds: [["outbox-is-sharded", "orders-table", "outbox is otherwise"]],
  },
  {
    title: "an outbox without its index",
    edit: set(TABLE, "orders-table", "globalSecondaryIndexes", []),
    finds: [
      ["outbox-has-its-index", "shipment", "its outbox has no index"],
      ["outbox-has-its-index", "api-post-orders", "its outbox has no index"],
      ["outbox-has-its-index", "api-post-orders-orderid-cancel", "its outbox has no index"],
      ["outbox-has-its-index", "api-post-orders-orderid-release", "its outbox has no index"],
      ["outbox-has-its-index", "orders-holds", "its outbox has no index"],
      ["outbox-has-its-index", "inventory", "its outbox has no index"],
    ],
  },
  {
    title: "an API without limits",
    edit: set(STAGE, "api-stage", "defaultRouteSettings", undefined),
    finds: [["api-is-throttled", "api-stage", "the limits are 0 and 0"]],
  },
  { title: "an API without a stage", edit: drop(STAGE, "api-stage"), finds: [["api-has-a-stage", "api", "it has 0"]] },
  {
    title: "an API without access logs",
    edit: unlink(STAGE, "api-stage", "accessLogSettings"),
    finds: [["api-logs-access", "api-stage", "its log group is none of the stack's"]],
  },
  {
    title: "access logs that no query reads",
    edit: set(STAGE, "api-stage", "accessLogSettings.format", "$context.requestId $context.status"),
    finds: [["api-logs-access", "api-stage", "the format is no JSON object"]],
  },
  {
    title: "access logs with the caller's address",
    edit: set(STAGE, "api-stage", "accessLogSettings.format", '{"ip":"$context.identity.sourceIp"}'),
    finds: [["access-logs-name-nobody", "api-stage", "its format has sourceIp"]],
  },
  {
    title: "a route without an authorizer",
    edit: set(ROUTE, "api-post-orders", "authorizationType", "NONE"),
    finds: [["route-has-authorizer", "api-post-orders", "anybody may call it"]],
  },
  {
    title: "a route that any scope may call",
    edit: set(ROUTE, "api-post-orders", "authorizationScopes", []),
    finds: [["route-has-authorizer", "api-post-orders", "any scope may call it"]],
  },
  {
    title: "a route whose authorizer is none of the stack's",
    edit: unlink(ROUTE, "api-post-orders", "authorizerId"),
    finds: [["route-has-authorizer", "api-post-orders", "anybody may call it"]],
  },
  {
    title: "tokens over plain HTTP",
    edit: set(AUTHORIZER, "api-authorizer", "jwtConfiguration.issuer", "http://login.order-fanout.dev"),
    finds: [["tokens-are-for-us", "api-authorizer", "the issuer is http://login.order-fanout.dev"]],
  },
  {
    title: "tokens for anybody",
    edit: set(AUTHORIZER, "api-authorizer", "jwtConfiguration.audiences", []),
    finds: [["tokens-are-for-us", "api-authorizer", "there is no audience"]],
  },
  {
    title: "a preflight that needs a token",
    edit: set(ROUTE, "api-options-proxy", "authorizationType", "JWT"),
    finds: [["open-routes-stay-open", "api-options-proxy", "its authorizationType is JWT"]],
  },
  {
    title: "an API without $default",
    edit: drop(ROUTE, "api-default"),
    finds: [["api-has-default-route", "api", "there is none"]],
  },
  {
    title: "an API without a route for the preflight",
    edit: drop(ROUTE, "api-options-proxy"),
    finds: [["preflight-has-its-route", "api", "there is no such route"]],
  },
  {
    title: "a route for the preflight where no browser may call",
    edit: set(API, "api", "corsConfiguration", undefined),
    finds: [["preflight-has-its-route", "api", "there is one, and no browser may call"]],
  },
  {
    title: "an API for every web page",
    edit: set(API, "api", "corsConfiguration.allowOrigins", ["*"]),
    finds: [["origins-are-named", "api", "allowOrigins has *"]],
  },
  {
    title: "an API that takes a browser's cookies",
    edit: set(API, "api", "corsConfiguration.allowCredentials", true),
    finds: [["origins-are-named", "api", "allowCredentials is set"]],
  },
  {
    title: "an alarm that tells nobody",
    edit: unlink(ALARM, "api-5xx", "alarmActions"),
    finds: [["alarm-tells-somebody", "api-5xx", "alarmActions names no topic"]],
  },
  {
    title: "dead letters that nobody hears of",
    edit: drop(ALARM, "inventory-dead-letters"),
    finds: [["dead-letters-have-alarm", "inventory-dead-letters", "ApproximateNumberOfMessagesVisible has no alarm"]],
  },
  {
    title: "an alarm from the eleventh dead letter on",
    edit: set(ALARM, "inventory-dead-letters", "threshold", 10),
    finds: [["dead-letters-have-alarm", "inventory-dead-letters", "ApproximateNumberOfMessagesVisible has no alarm"]],
  },
  {
    title: "a backlog that nobody hears of",
    edit: drop(ALARM, "inventory-age"),
    finds: [["queue-age-has-alarm", "inventory-queue", "ApproximateAgeOfOldestMessage has no alarm"]],
  },
  {
    title: "retries that nobody hears of",
    edit: drop(ALARM, "inventory-retries"),
    finds: [["retries-have-alarm", "inventory-mapping", "its retries have no alarm"]],
  },
  {
    title: "errors that nobody hears of",
    edit: drop(ALARM, "inventory-errors"),
    finds: [["errors-have-alarm", "inventory", "Errors has no alarm"]],
  },
  {
    title: "throttles that nobody hears of",
    edit: drop(ALARM, "inventory-throttles"),
    finds: [["throttles-have-alarm", "inventory", "Throttles has no alarm"]],
  },
  {
    title: "an outbox that nobody hears of",
    edit: drop(ALARM, "outbox-alarm"),
    finds: [["outbox-has-alarm", "orders-table", "its oldest event has no such alarm"]],
  },
  {
    title: "an outbox whose silence is taken for peace",
    edit: set(ALARM, "outbox-alarm", "treatMissingData", "notBreaching"),
    finds: [["outbox-has-alarm", "orders-table", "its oldest event has no such alarm"]],
  },
  {
    title: "5xx that nobody hears of",
    edit: drop(ALARM, "api-5xx"),
    finds: [["api-errors-have-alarm", "api", "5xx has no alarm"]],
  },
  {
    title: "an average where p99 is asked for",
    edit: set(ALARM, "api-slow", "extendedStatistic", "p50"),
    finds: [["api-latency-has-alarm", "api", "Latency has no alarm"]],
  },
  {
    title: "failed deliveries that nobody hears of",
    edit: drop(ALARM, "order-events-failed"),
    finds: [["failed-deliveries-have-alarm", "order-events", "NumberOfNotificationsFailed has no alarm"]],
  },
  {
    title: "a mapping before its policy",
    edit: undepend(MAPPING, "inventory-mapping"),
    finds: [["mapping-after-policy", "inventory-mapping", "it does not wait for inventory-policy"]],
  },
  {
    title: "a function before its policy",
    edit: undepend(FUNCTION, "inventory"),
    finds: [["function-after-policy", "inventory", "it does not wait for inventory-policy"]],
  },
  {
    title: "a subscription before its policies",
    edit: undepend(SUBSCRIPTION, "inventory-subscription"),
    finds: [
      [
        "subscription-after-policies",
        "inventory-subscription",
        "it does not wait for inventory-queue-policy and inventory-dead-letters-policy",
      ],
    ],
  },
  {
    title: "a route before its permission",
    edit: undepend(ROUTE, "api-post-orders"),
    finds: [["route-after-permission", "api-post-orders", "it does not wait for api-post-orders-permission"]],
  },
  {
    title: "a route without a permission",
    edit: drop(PERMISSION, "api-get-health-permission"),
    finds: [["route-after-permission", "api-get-health", "its function may not be invoked"]],
  },
];
