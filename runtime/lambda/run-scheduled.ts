import type { Calls } from "../ports/calls.ts";
import { openContext, type Contextual, type Env } from "./context.ts";
import { deadline, type Clock } from "./deadline.ts";
import { jsonLog } from "./log.ts";
import type { Reporting } from "../define/scheduled.ts";

/** What runs on a schedule: a definition of `scheduled()`. */
export interface Runnable extends Contextual {
  readonly handle: (context: never) => Promise<void>;
}

/** Makes the Lambda handler of what runs on a schedule. What it throws, Lambda retries. */
export function run(definition: Runnable, env: Env = process.env, calls?: Calls) {
  const log = jsonLog({ function: env["SCHEDULED"] ?? "scheduled" });
  const opened = openContext(definition, env, calls);
  opened.catch(() => undefined);

  return async (_event: unknown, context: Clock & { readonly awsRequestId: string }): Promise<void> => {
    const id = context.awsRequestId;
    const scope = { id, correlationId: id, signal: deadline(context).signal, log: log.with({ correlationId: id }) };
    const open = await opened;
    const reporting: Reporting = { env, metricSeconds: (metric, value) => emf(env, metric, value) };
    await definition.handle({ ...open(scope), ...reporting } as never);
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
function emf(env: Env, Name: string, value: number): void {
  const line = {
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [{ Namespace: "OrderFanout", Dimensions: [["source"]], Metrics: [{ Name, Unit: "Seconds" }] }],
    },
    source: env["EVENT_SOURCE"] ?? "order-fanout",
    [Name]: value,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
