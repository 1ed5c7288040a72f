import {
  at,
  behind,
  componentOf,
  isRecord,
  jsonAt,
  listAt,
  numberAt,
  ofType,
  statementsOf,
  textAt,
  variableAt,
} from "../graph.ts";
import type { Graph, GraphResource } from "../graph.ts";
import type { Rule } from "../rule.ts";
import { FUNCTION, KEY, MAPPING, QUEUE, TOPIC } from "../types.ts";
import { functionBehind, isDeadLetterQueue, queueOf } from "./consumer.ts";

const SQS_WITH_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html";
const SCALING = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html";
const DEAD_LETTERS =
  "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html";
const FOURTEEN_DAYS = 14 * 24 * 3_600;
/** AWS's own defaults, where a resource says nothing. */
const visibilityOf = (queue: GraphResource | undefined): number =>
  (queue && numberAt(queue, "visibilityTimeoutSeconds")) ?? 30;
const timeoutOf = (lambda: GraphResource | undefined): number => (lambda && numberAt(lambda, "timeout")) ?? 3;
const retentionOf = (queue: GraphResource): number => numberAt(queue, "messageRetentionSeconds") ?? 345_600;

function redriveOf(queue: GraphResource): Record<string, unknown> {
  const redrive = jsonAt(queue, "redrivePolicy");
  return isRecord(redrive) ? redrive : {};
}

const below = (what: string, is: number, needed: number, why: string): string | undefined =>
  is < needed ? `${what} is ${is}, and ${why} make it ${needed} or more` : undefined;

/** Batches that the mapping may have the function work on at the same time. */
const mostBatches = (mapping: GraphResource): number =>
  numberAt(mapping, "scalingConfig", "maximumConcurrency") ??
  10 * (numberAt(mapping, "provisionedPollerConfig", "maximumPollers") ?? 0);

/** Whether a key of the stack's own lets SNS encrypt with it. */
function snsMayUse(graph: Graph, resource: GraphResource): boolean {
  const [key] = behind(graph, resource, "kmsMasterKeyId", KEY);
  const needed = ["kms:GenerateDataKey", "kms:Decrypt"];
  return (
    key !== undefined &&
    statementsOf(key).some(
      ({ effect, principal, actions }) =>
        effect === "Allow" &&
        JSON.stringify(principal)?.includes("sns.amazonaws.com") &&
        needed.every((action) => actions.some((one) => one.replace("*", "") === action)),
    )
  );
}

export const queueRules: readonly Rule[] = [
  {
    id: "visibility-covers-attempts",
    row: 1,
    title: "A message stays invisible for six times its function's timeout and the batch window.",
    fix: "Raise the queue's visibilityTimeoutSeconds, or the message comes again while its function still works",
    page: SQS_WITH_LAMBDA,
    of: [MAPPING],
    judge: (mapping, graph) => {
      const timeout = timeoutOf(functionBehind(graph, mapping, "functionName"));
      const window = numberAt(mapping, "maximumBatchingWindowInSeconds") ?? 0;
      const why = `6 x the function's timeout of ${timeout} s and a window of ${window} s`;
      return below("visibilityTimeoutSeconds", visibilityOf(queueOf(graph, mapping)), 6 * timeout + window, why);
    },
  },
  {
    id: "visibility-covers-lease",
    row: 1,
    title: "A message stays invisible for a minute more than its consumer's lease in the ledger.",
    fix: "Raise the queue's visibilityTimeoutSeconds, or a retry meets the claim of an attempt that died",
    page: SQS_WITH_LAMBDA,
    of: [MAPPING],
    judge: (mapping, graph) => {
      const lambda = functionBehind(graph, mapping, "functionName");
      const lease = lambda && variableAt(lambda, "LEASE_SECONDS");
      if (lease === undefined) return undefined;
      const why = `a lease of ${lease} s and a minute`;
      return below("visibilityTimeoutSeconds", visibilityOf(queueOf(graph, mapping)), Number(lease) + 60, why);
    },
  },
  {
    id: "lease-covers-function",
    row: 1,
    title:
      "A claim in the ledger lasts for its function's timeout and two minutes: two clocks may be wrong by one each.",
    fix: "Raise LEASE_SECONDS, or a function that still runs loses its claim",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html",
    of: [FUNCTION],
    judge: (lambda) => {
      const lease = variableAt(lambda, "LEASE_SECONDS");
      if (lease === undefined) return undefined;
      const timeout = timeoutOf(lambda);
      return below("LEASE_SECONDS", Number(lease), timeout + 120, `the function's timeout of ${timeout} s and 120 s`);
    },
  },
  {
    id: "queue-has-dead-letters",
    row: 2,
    title: "Every queue but a dead-letter queue has one.",
    fix: "Give the queue a redrivePolicy, or a message that always fails is tried until it is deleted",
    page: DEAD_LETTERS,
    of: [QUEUE],
    judge: (queue, graph) => {
      if (isDeadLetterQueue(graph, queue)) return undefined;
      return behind(graph, queue, "redrivePolicy", QUEUE).length === 1 ? undefined : "there is no dead-letter queue";
    },
  },
  {
    id: "five-attempts",
    row: 2,
    title: "A message is tried 5 to 1,000 times before it is set aside.",
    fix: "Set maxReceiveCount between 5 and 1,000: throttled invocations count as receives too",
    page: SQS_WITH_LAMBDA,
    of: [QUEUE],
    judge: (queue) => {
      if (at(queue, "redrivePolicy") === undefined) return undefined;
      const { maxReceiveCount: count } = redriveOf(queue);
      return Number(count) >= 5 && Number(count) <= 1_000 ? undefined : `maxReceiveCount is ${String(count)}`;
    },
  },
  {
    id: "dead-letters-stay",
    row: 2,
    title: "Dead letters are kept for 14 days, longer than the messages of the queue before them.",
    fix: "Set messageRetentionSeconds to 1209600, and less on the source: a dead letter keeps its first timestamp",
    page: DEAD_LETTERS,
    of: [QUEUE],
    judge: (queue, graph) => {
      if (!isDeadLetterQueue(graph, queue)) return undefined;
      const sources = ofType(graph, QUEUE).filter(({ references }) => references["redrivePolicy"]?.includes(queue.urn));
      const kept = retentionOf(queue);
      const longest = Math.max(0, ...sources.map(retentionOf));
      if (kept !== FOURTEEN_DAYS) return `messageRetentionSeconds is ${kept}`;
      return longest < kept ? undefined : `the queue before it keeps messages for ${longest} s`;
    },
  },
  {
    id: "retries-outlast-outage",
    row: 3,
    title: "A message is tried for longer than the outage that its consumer must survive.",
    fix: "Raise maxReceiveCount or visibilityTimeoutSeconds, or the outage ends in dead letters",
    page: DEAD_LETTERS,
    of: [MAPPING],
    judge: (mapping, graph, { outageMinutes }) => {
      const queue = queueOf(graph, mapping);
      const needed = 60 * (outageMinutes[componentOf(graph, mapping).name] ?? 0);
      const last = queue ? (Number(redriveOf(queue)["maxReceiveCount"] ?? 1) - 1) * visibilityOf(queue) : 0;
      return last >= needed ? undefined : `the last attempt starts after ${last} s, and the outage lasts ${needed} s`;
    },
  },
  {
    id: "partial-batch-responses",
    row: 4,
    title: "Every mapping takes partial batch responses.",
    fix: 'Set functionResponseTypes to ["ReportBatchItemFailures"], or one bad record fails the whole batch',
    page: "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html",
    of: [MAPPING],
    judge: (mapping) => {
      const types = listAt(mapping, "functionResponseTypes");
      return types.includes("ReportBatchItemFailures")
        ? undefined
        : `functionResponseTypes is ${JSON.stringify(types)}`;
    },
  },
  {
    id: "mapping-has-one-limit",
    row: 4,
    title: "Every mapping has a maximum of concurrency from 2 to 1,000, or pollers: 2 to 200 and at most 2 to 2,000.",
    fix: "Set either scalingConfig or provisionedPollerConfig within AWS's limits",
    page: SCALING,
    of: [MAPPING],
    judge: (mapping) => {
      const most = numberAt(mapping, "scalingConfig", "maximumConcurrency");
      const min = numberAt(mapping, "provisionedPollerConfig", "minimumPollers");
      const max = numberAt(mapping, "provisionedPollerConfig", "maximumPollers");
      if (min === undefined && max === undefined) {
        return most !== undefined && most >= 2 && most <= 1_000 ? undefined : `maximumConcurrency is ${most}`;
      }
      if (most !== undefined) return "there are both";
      const [least, highest] = [min ?? 0, max ?? 0];
      const fits = least >= 2 && least <= 200 && highest >= 2 && highest <= 2_000 && least <= highest;
      return fits ? undefined : `the pollers are ${min} to ${max}`;
    },
  },
  {
    id: "reserved-covers-mapping",
    row: 4,
    title: "A function's reserved concurrency, where set, is no less than what its mapping may use.",
    fix: "Raise reservedConcurrentExecutions, or SQS delivers what Lambda throttles, and each throttle counts as a receive",
    page: SCALING,
    of: [MAPPING],
    judge: (mapping, graph) => {
      const lambda = functionBehind(graph, mapping, "functionName");
      const reserved = (lambda && numberAt(lambda, "reservedConcurrentExecutions")) ?? -1;
      const most = mostBatches(mapping);
      return reserved < 0 || reserved >= most ? undefined : `${reserved} are reserved, and the mapping uses ${most}`;
    },
  },
  {
    id: "large-batches-wait",
    row: 4,
    title: "A mapping with batches over 10 has a batch window.",
    fix: "Set maximumBatchingWindowInSeconds to 1 or more: AWS refuses the mapping otherwise",
    page: SQS_WITH_LAMBDA,
    of: [MAPPING],
    judge: (mapping) => {
      const size = numberAt(mapping, "batchSize") ?? 10;
      const window = numberAt(mapping, "maximumBatchingWindowInSeconds") ?? 0;
      return size <= 10 || window >= 1 ? undefined : `batchSize is ${size}, and there is no window`;
    },
  },
  {
    id: "queue-is-encrypted",
    row: 7,
    title: "Every queue is encrypted at rest, by SQS's own key or by one that SNS may use.",
    fix: "Set sqsManagedSseEnabled, or a key whose policy allows sns.amazonaws.com: SNS drops what it cannot encrypt",
    page: "https://docs.aws.amazon.com/sns/latest/dg/sns-enable-encryption-for-topic-sqs-queue-subscriptions.html",
    of: [QUEUE],
    judge: (queue, graph) => {
      const key = textAt(queue, "kmsMasterKeyId");
      if (key === "" && queue.references["kmsMasterKeyId"] === undefined) {
        return at(queue, "sqsManagedSseEnabled") === true ? undefined : "sqsManagedSseEnabled is not set";
      }
      return snsMayUse(graph, queue) ? undefined : `SNS may not use the key ${key}`;
    },
  },
  {
    id: "topic-takes-alarms",
    row: 7,
    title: "No topic is encrypted by the key of AWS, which no other service may use.",
    fix: "Take kmsMasterKeyId out, or name a key whose policy allows the services that publish",
    page: "https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html",
    of: [TOPIC],
    judge: (topic) =>
      textAt(topic, "kmsMasterKeyId").endsWith("alias/aws/sns") ? "kmsMasterKeyId is alias/aws/sns" : undefined,
  },
];
