import { METRICS_NAMESPACE, metrics, type DimensionsOf, type MetricName } from "../../contracts/metrics.ts";

/**
 * Writes one value of a metric to the function's log, from where CloudWatch takes it: the embedded metric format
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 */
export function writeMetric<M extends MetricName>(name: M, value: number, dimensions: DimensionsOf<M>): void {
  const { unit, dimensions: Dimensions } = metrics[name];
  const line = {
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        { Namespace: METRICS_NAMESPACE, Dimensions: [Dimensions], Metrics: [{ Name: name, Unit: unit }] },
      ],
    },
    ...dimensions,
    [name]: value,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
