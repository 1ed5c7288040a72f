/** The CloudWatch namespace of the metrics that the functions write themselves. */
export const METRICS_NAMESPACE = "OrderFanout";

/**
 * Every metric that the functions write, with its unit and its dimensions. `source` is the CloudEvents source of the
 * stack, `consumer` the consumer's name, `event` an event's type.
 */
export const metrics = {
  /** The age of the oldest event in the outbox; 0 when none waits. */
  OldestUnpublishedSeconds: { unit: "Seconds", dimensions: ["source"] },
  /** How long the order that is on hold the longest has been; 0 when none is. */
  OldestOnHoldSeconds: { unit: "Seconds", dimensions: ["source"] },
  /** Events committed to the outbox. */
  Emitted: { unit: "Count", dimensions: ["source", "event"] },
  /** Messages that a consumer began to work on, each receive counted; written before the work, so that a death counts. */
  Received: { unit: "Count", dimensions: ["source", "consumer"] },
  /** Messages that a consumer was done with. */
  Succeeded: { unit: "Count", dimensions: ["source", "consumer"] },
} as const;

export type MetricName = keyof typeof metrics;

/** The dimensions of a metric, each with its value. */
export type DimensionsOf<M extends MetricName> = {
  readonly [D in (typeof metrics)[M]["dimensions"][number]]: string;
};
