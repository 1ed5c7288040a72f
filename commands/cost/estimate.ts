import { prices, type PriceName } from "./prices.ts";
import type { StackShape } from "./stack-shape.ts";
import { inBatchesOf, mixed, NOTHING, sumOf, type Uses, type Usage } from "./usage.ts";

/** How the shop is used. */
export interface Demand {
  readonly ordersPerMonth: number;
  /** E-mails an order; by default as many as were counted. */
  readonly emails?: number;
  /** The share of orders whose customer gets an SMS, from 0 to 1, and what one SMS costs in US dollars. */
  readonly smsShare: number;
  readonly smsUsd: number;
}

/** A line of the bill. */
export interface Line {
  readonly service: string;
  readonly what: string;
  /** Units a month. */
  readonly quantity: number;
  /** US dollars a month. */
  readonly usd: number;
}

/** What a stack costs in a month. */
export interface Estimate {
  /** Without any order. */
  readonly idle: readonly Line[];
  /** For all orders. */
  readonly orders: readonly Line[];
}

/** Assumed, since nobody has measured it on AWS: docs/performance.md has where it comes from. */
export const ASSUMED = {
  /** CPU of an invocation, with its first message, at 512 MB; at other sizes the same up to a core's share. */
  invocationMs: 15,
  /** Each call of AWS, and each request to a host outside. */
  callMs: 5,
  hostMs: 200,
  /** START, END and REPORT of an invocation, and an access log's line, with CloudWatch's 26 bytes each. */
  lambdaLogBytes: 380,
  accessLogBytes: 330,
  /** An order with its events and effects, in all tables. */
  storedKb: 3.3,
  /** Lambda's pollers of a queue, each of which waits up to 20 s: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html. */
  pollers: 5,
  pollSeconds: 20,
  /** What passes a NAT gateway in a private network for an order: SNS, SQS, SES, logs and the carrier, not DynamoDB and S3. */
  natKb: 40,
} as const;

const HOURS = 730;
const SECONDS = HOURS * 3_600;

/** Prices what a stack and its orders use. */
export function estimate(stack: StackShape, usage: Usage, demand: Demand): Estimate {
  return { idle: idleOf(stack, usage), orders: ordersOf(stack, usage, demand) };
}

const line = (name: PriceName, what: string, quantity: number): Line => {
  const { service, usd, per } = prices[name];
  return { service, what, quantity, usd: (quantity * usd) / per };
};
const costly = ({ usd }: Line) => usd > 0;

function idleOf(stack: StackShape, usage: Usage): Line[] {
  const runs = stack.schedules.map(({ name, everySeconds, memoryMb }) => {
    const uses = usage.schedules[name] ?? NOTHING;
    return { count: SECONDS / everySeconds, memoryMb, uses };
  });
  const total = (of: (run: (typeof runs)[number]) => number) => runs.reduce((sum, run) => sum + run.count * of(run), 0);
  // The relay's queries are made side by side.
  const gbSeconds = total(({ memoryMb }) => ((memoryMb / 1_024) * (ASSUMED.invocationMs + 4 * ASSUMED.callMs)) / 1_000);
  const count = total(() => 1);
  const readUnits = total(({ uses }) => uses.readUnits);
  const logBytes = total(({ uses }) => uses.logBytes + ASSUMED.lambdaLogBytes);
  const polls = (stack.consumers.length * ASSUMED.pollers * SECONDS) / ASSUMED.pollSeconds;
  return [
    line("natHour", `${stack.natGateways} NAT gateways`, stack.natGateways * HOURS),
    line("addressHour", `their ${stack.natGateways} public addresses`, stack.natGateways * HOURS),
    line("endpointHour", `interface endpoints in ${stack.endpointZones} zones`, stack.endpointZones * HOURS),
    line("alarmMetric", "metrics of alarms", stack.alarmMetrics),
    line("customMetric", "metrics of the functions' own", usage.customMetrics),
    line("dashboard", "dashboards", stack.dashboards),
    line("queueRequest", `empty receives of ${stack.consumers.length} consumers' pollers`, polls),
    line("invocation", "runs of the schedules' functions", count),
    line("gbSecond", "GB-seconds of them", gbSeconds),
    line("readUnit", "read units of them", readUnits),
    line("logGb", "GB of their logs", logBytes / 1e9),
    line("schedule", "runs of the schedules", count),
  ].filter(costly);
}

/** A function's part in an order. */
interface Part {
  readonly uses: Uses;
  readonly memoryMb: number;
  /** Invocations an order, less than one where batches are shared. */
  readonly invocations: number;
  /** Messages an order; none of a route. */
  readonly messages: number;
}

function ordersOf(stack: StackShape, usage: Usage, demand: Demand): Line[] {
  const { ordersPerMonth: orders, smsShare, smsUsd } = demand;
  const parts = [...routesOf(stack, usage), ...consumersOf(stack, usage, demand)];
  const uses = sumOf(parts.map((part) => part.uses));
  const sum = (of: (part: Part) => number) => orders * parts.reduce((total, part) => total + of(part), 0);
  const invocations = sum((part) => part.invocations);
  const requests = sum(({ messages, invocations: batches }) => (messages === 0 ? 0 : messages + 2 * batches));
  const routed = sum(({ messages, invocations: requests }) => (messages === 0 ? requests : 0));
  const logBytes = orders * uses.logBytes + invocations * ASSUMED.lambdaLogBytes + routed * ASSUMED.accessLogBytes;
  const natGb = stack.natGateways === 0 ? 0 : (orders * ASSUMED.natKb) / 1e6;
  const sms = { service: "SNS", what: "SMS", quantity: orders * smsShare, usd: orders * smsShare * smsUsd };
  return [
    line("writeUnit", "write units", orders * uses.writeUnits),
    line("readUnit", "read units", orders * uses.readUnits),
    line("tableGb", "GB stored, their first month", (orders * ASSUMED.storedKb) / 1e6),
    line("objectPut", "PUTs of the lake", orders * uses.puts),
    line("queueRequest", "sends, receives and deletes", requests),
    line("gbSecond", "GB-seconds", sum(gbSecondsOf)),
    line("invocation", "invocations", invocations),
    line("logGb", "GB of logs", logBytes / 1e9),
    line("apiRequest", "requests", routed),
    line("publish", "publishes", orders * uses.publishes),
    line("natGb", "GB through NAT gateways", natGb),
    line("email", "e-mails", orders * (demand.emails ?? uses.emails)),
    sms,
  ].filter(costly);
}

const routesOf = ({ routes }: StackShape, { plain }: Usage): Part[] =>
  routes.flatMap(({ name, memoryMb }) => {
    const uses = plain.alone[name];
    return uses === undefined ? [] : [{ uses, memoryMb, invocations: 1, messages: 0 }];
  });

function consumersOf({ consumers }: StackShape, { plain, withSms, events }: Usage, demand: Demand): Part[] {
  const perSecond = demand.ordersPerMonth / SECONDS;
  return consumers.map(({ handler, types, memoryMb, batchSize, batchWindowSeconds }) => {
    const messages = events.filter((event) => types.includes(event)).length;
    // While a window is open, more arrive; without one a poller takes what is there, which on average is one.
    const size = Math.min(batchSize, 1 + perSecond * messages * batchWindowSeconds);
    const inBatches = ({ alone, inTens }: Usage["plain"]) =>
      inBatchesOf(size, alone[handler] ?? NOTHING, inTens[handler] ?? NOTHING);
    const uses = mixed(inBatches(plain), inBatches(withSms), demand.smsShare);
    return { uses, memoryMb, invocations: messages / size, messages };
  });
}

/** By the assumed durations: what a function waits for is billed as what it computes is. */
const gbSecondsOf = ({ uses, memoryMb, invocations }: Part): number =>
  ((memoryMb / 1_024) *
    (invocations * ASSUMED.invocationMs + uses.calls * ASSUMED.callMs + uses.hosts * ASSUMED.hostMs)) /
  1_000;
