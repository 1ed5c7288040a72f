import type { Consumer } from "../runtime/index.ts";

/** The limits of a consumer; `config/schema.ts` says their ranges and defaults. */
export interface QueueLimits {
  /** Messages in a batch. */
  batchSize: number;
  batchWindowSeconds: number;
  /** Batches at the same time; with `provisioned`, none is set. */
  maxConcurrency?: number | undefined;
  /** Pollers that are always there, and at most. */
  provisioned?: { min: number; max: number } | undefined;
  /** Concurrent executions that the function has for itself. */
  reservedConcurrency?: number | undefined;
  /** The function's, in seconds. */
  timeoutSeconds: number;
  /** The function's, in MB. */
  memoryMb: number;
  /** How long a service behind the consumer may be down without a dead letter, in minutes. */
  survivesOutageMinutes: number;
}

const DAY = 24 * 3_600;

/** How long a queue keeps a message: 4 days. */
export const RETENTION_SECONDS = 4 * DAY;

/** How long a dead letter is kept: 14 days, the most that SQS allows. */
export const DEAD_LETTER_RETENTION_SECONDS = 14 * DAY;

/** Invocations at the same time of each poller (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html). */
const INVOCATIONS_PER_POLLER = 10;

/** The most batches that a consumer works on at the same time. */
export const mostBatches = ({
  maxConcurrency = 0,
  provisioned,
}: Pick<QueueLimits, "maxConcurrency" | "provisioned">) =>
  provisioned ? INVOCATIONS_PER_POLLER * provisioned.max : maxConcurrency;

/** SQS takes no more (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html). */
const MOST_RECEIVES = 1_000;

/**
 * Six times the function's timeout and the batch window (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html);
 * where the ledger is used, also a minute more than its lease: after a death, the message must not come again before the
 * claim has ended; and long enough for the outage to be survived with the receives that SQS allows.
 */
export function visibilityTimeoutSeconds(
  limits: Pick<QueueLimits, "timeoutSeconds" | "batchWindowSeconds" | "survivesOutageMinutes">,
  { uses = {} }: Pick<Consumer, "uses">,
): number {
  const { timeoutSeconds, batchWindowSeconds, survivesOutageMinutes } = limits;
  const usesLedger = Object.values(uses).some(({ kind }) => kind === "ledger");
  return Math.max(
    6 * timeoutSeconds + batchWindowSeconds,
    usesLedger ? leaseSeconds(timeoutSeconds) + 60 : 0,
    Math.ceil((survivesOutageMinutes * 60) / (MOST_RECEIVES - 2)),
  );
}

/** The last attempt starts (count - 1) x visibility timeout after the first: it must lie behind the outage. At least 5. */
export const maxReceiveCount = (outageMinutes: number, visibilityTimeout: number): number =>
  Math.max(5, Math.ceil((outageMinutes * 60) / visibilityTimeout) + 2);

/**
 * How long an effect is claimed for, in seconds: as long as the function can run, and two minutes more, because the
 * clocks of two functions may each be wrong by one.
 */
export const leaseSeconds = (timeoutSeconds: number): number => timeoutSeconds + 120;
