import * as z from "zod";
import type { Resource } from "../../evaluation/evaluated.ts";

/** What of a stack's resources decides its cost. */
export interface StackShape {
  readonly routes: readonly { readonly name: string; readonly memoryMb: number }[];
  readonly consumers: readonly ConsumerShape[];
  readonly schedules: readonly { readonly name: string; readonly everySeconds: number; readonly memoryMb: number }[];
  readonly natGateways: number;
  /** Interface endpoints, each once for every zone that it is in. */
  readonly endpointZones: number;
  /** Metrics that alarms look at: each is paid for. */
  readonly alarmMetrics: number;
  readonly dashboards: number;
}

interface ConsumerShape {
  readonly name: string;
  readonly handler: string;
  /** The types of the events that it receives. */
  readonly types: readonly string[];
  readonly memoryMb: number;
  readonly batchSize: number;
  readonly batchWindowSeconds: number;
}

const Function = z.object({
  memorySize: z.number(),
  environment: z.object({ variables: z.looseObject({ NAME: z.string() }) }),
});
const Mapping = z.object({
  functionName: z.string(),
  batchSize: z.number(),
  maximumBatchingWindowInSeconds: z.number().default(0),
});
const Subscription = z.object({ filterPolicy: z.string().optional() });
const Filter = z.object({ type: z.array(z.string()) });
const Schedule = z.object({ scheduleExpression: z.string() });
const Alarm = z.object({ metricQueries: z.array(z.object({ metric: z.unknown().optional() })).optional() });
const Endpoint = z.object({ vpcEndpointType: z.string(), subnetIds: z.array(z.string()).default([]) });
const Network = z.object({
  availabilityZoneNames: z.array(z.string()),
  natGateways: z.object({ strategy: z.enum(["None", "Single", "OnePerAz"]) }),
});
const Entries = z.record(z.string(), z.looseObject({ handler: z.string().optional() }).nullable());

/**
 * Reads a stack's shape from its evaluated resources.
 * @param entries The stack's `consumers`, as the config has them.
 */
export function shapeOf(resources: Iterable<Resource>, entries: unknown): StackShape {
  const all = [...resources];
  const handlers = Entries.parse(entries);
  const of = <S extends z.ZodType>(type: string, schema: S) =>
    all.filter((one) => one.type === type).map(({ name, inputs }) => ({ name, ...wrap(schema.parse(inputs)) }));
  const wrap = <T>(inputs: T) => ({ inputs });

  const functions = new Map(
    of("aws:lambda/function:Function", Function).map(({ name, inputs: { memorySize, environment } }) => [
      name,
      { memoryMb: memorySize, own: environment.variables.NAME },
    ]),
  );
  const known = (name: string) => {
    const found = functions.get(name);
    if (found === undefined) throw new Error(`the graph has no function "${name}"`);
    return found;
  };
  const filters = new Map(
    of("aws:sns/topicSubscription:TopicSubscription", Subscription).map(({ name, inputs }) => [
      name,
      inputs.filterPolicy === undefined ? [] : Filter.parse(JSON.parse(inputs.filterPolicy)).type,
    ]),
  );
  const consumers = of("aws:lambda/eventSourceMapping:EventSourceMapping", Mapping).map(({ name: mapping, inputs }) => {
    const name = mapping.replace(/-mapping$/, "");
    return {
      name,
      handler: handlers[name]?.handler ?? name,
      types: filters.get(`${name}-subscription`) ?? [],
      memoryMb: known(name).memoryMb,
      batchSize: inputs.batchSize,
      batchWindowSeconds: inputs.maximumBatchingWindowInSeconds,
    };
  });
  const schedules = of("aws:scheduler/schedule:Schedule", Schedule).map(({ name, inputs }) => {
    const { own, memoryMb } = known(name.replace(/-schedule$/, ""));
    return { name: own, everySeconds: secondsOf(inputs.scheduleExpression), memoryMb };
  });
  const listening = new Set([...consumers, ...schedules].map(({ name }) => name));
  return {
    routes: [...functions.values()]
      .filter(({ own }) => !listening.has(own))
      .map(({ own, memoryMb }) => ({ name: own, memoryMb })),
    consumers,
    schedules,
    natGateways: of("awsx:ec2:Vpc", Network).reduce((sum, { inputs }) => sum + gatewaysOf(inputs), 0),
    endpointZones: of("aws:ec2/vpcEndpoint:VpcEndpoint", Endpoint)
      .filter(({ inputs }) => inputs.vpcEndpointType === "Interface")
      .reduce((sum, { inputs }) => sum + Math.max(1, inputs.subnetIds.length), 0),
    alarmMetrics: of("aws:cloudwatch/metricAlarm:MetricAlarm", Alarm).reduce(
      (sum, { inputs }) => sum + (inputs.metricQueries?.filter(({ metric }) => metric !== undefined).length ?? 1),
      0,
    ),
    dashboards: all.filter(({ type }) => type === "aws:cloudwatch/dashboard:Dashboard").length,
  };
}

const gatewaysOf = ({ availabilityZoneNames, natGateways: { strategy } }: z.output<typeof Network>): number =>
  strategy === "None" ? 0 : strategy === "Single" ? 1 : availabilityZoneNames.length;

/** `rate(5 minutes)`: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html */
function secondsOf(expression: string): number {
  const [, count, unit = ""] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const seconds = { minute: 60, hour: 3_600, day: 86_400 }[unit];
  if (seconds === undefined) throw new Error(`the schedule "${expression}" is not priced: only rates are`);
  return Number(count) * seconds;
}
