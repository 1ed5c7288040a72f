import * as z from "zod";
import { OUTBOX_INDEX } from "../../../contracts/outbox.ts";
import { registry } from "../../../handlers/index.ts";
import type { ProgramResource } from "../../../local/program/protocol.ts";
import type { Consumable } from "../../../runtime/lambda/consume.ts";
import { evaluateProgram, type Graph } from "../evaluate.ts";
import { someOfType } from "../graph.ts";
import type { Index } from "./database.ts";
import type { QueueLimits } from "./queues.ts";

type Environment = Readonly<Record<string, string>>;

/** A consumer as the program has it. */
export interface StackConsumer {
  readonly definition: Consumable;
  readonly environment: Environment;
  readonly limits: QueueLimits;
  readonly batchSize: number;
  /** The subscription's filter policy: an attribute's name, and the values that are let through. */
  readonly filter: Readonly<Record<string, readonly string[]>>;
}

/** What runs on a schedule. */
interface StackSchedule {
  readonly environment: Environment;
  readonly intervalMs: number;
}

/** What a world takes from the program: nothing of it is said again in the tests. */
export interface Stack {
  readonly tables: readonly ProgramResource[];
  /** The physical names that the program exports. */
  readonly names: Readonly<Record<"orders" | "stock" | "effects", string>>;
  /** The index of the events that are not published yet. */
  readonly outbox: Index;
  readonly consumers: ReadonlyMap<string, StackConsumer>;
  /** Each route's environment by its key, such as `POST /orders`. */
  readonly routes: ReadonlyMap<string, Environment>;
  readonly relay: StackSchedule;
  readonly holds: StackSchedule;
}

/** Config of consumers by name, as `Pulumi.<stack>.yaml` has it; null takes one out. */
export type ConsumersConfig = Readonly<Record<string, object | null>>;

const json = <S extends z.ZodType>(schema: S) =>
  z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(schema);

const Exports = z.object({
  tables: z.object({ orders: z.string(), stock: z.string(), effects: z.string() }),
  consumers: z.record(z.string(), z.object({ queueUrl: z.string(), functionName: z.string() })),
});
const Lambda = z.object({ environment: z.object({ variables: z.record(z.string(), z.string()) }) });
const Orders = z.object({
  hashKey: z.string(),
  rangeKey: z.string(),
  globalSecondaryIndexes: z.array(z.object({ name: z.string() })),
});
const Queue = z.object({
  visibilityTimeoutSeconds: z.number(),
  redrivePolicy: json(z.object({ maxReceiveCount: z.int() })),
});
const Mapping = z.object({ functionName: z.string(), batchSize: z.int() });
const Subscription = z.object({ endpoint: z.string(), filterPolicy: json(z.record(z.string(), z.array(z.string()))) });
const Route = z.object({ routeKey: z.string(), target: z.string() });
const Integration = z.object({ integrationUri: z.string() });
const Schedule = z.object({ scheduleExpression: z.string(), target: z.object({ arn: z.string() }) });

/** Reads the tests' dev stack with every consumer of the registry that can be run here, and those given. */
export async function readStack(consumers: ConsumersConfig): Promise<Stack> {
  // An inline callback has no definition to be had without the program.
  const over = { consumers: { audit: null, loyalty: {}, ...consumers } };
  const { resources: graph, exports } = await evaluateProgram({ over });
  const outputs = Exports.parse(exports);
  return {
    tables: someOfType(graph, "aws:dynamodb/table:Table").map(([urn, { type, name, inputs }]) => ({
      type,
      name,
      urn,
      inputs: { ...inputs, name },
    })),
    names: outputs.tables,
    outbox: outboxOf(graph, outputs.tables.orders),
    consumers: new Map(
      Object.entries(outputs.consumers).map(([name, { queueUrl, functionName }]) => [
        name,
        consumerOf(graph, name, queueUrl.split("/").at(-1) ?? "", functionName),
      ]),
    ),
    routes: new Map(routesOf(graph)),
    relay: scheduleOf(graph, "relay"),
    holds: scheduleOf(graph, "holds"),
  };
}

function outboxOf(graph: Graph, table: string): Index {
  const { hashKey, rangeKey, globalSecondaryIndexes } = Orders.parse(named(graph, "aws:dynamodb/table:Table", table));
  const outbox = globalSecondaryIndexes.find(({ name }) => name === OUTBOX_INDEX);
  if (!outbox) throw new Error(`the table ${table} has no index "${OUTBOX_INDEX}"`);
  return { table, index: outbox.name, key: [hashKey, rangeKey] };
}

function consumerOf(graph: Graph, name: string, queueName: string, functionName: string): StackConsumer {
  const definition = new Map<string, Consumable>(Object.entries(registry)).get(name);
  if (!definition) throw new Error(`handlers/index.ts: the registry has no "${name}". Add it there.`);
  const queue = Queue.parse(named(graph, "aws:sqs/queue:Queue", queueName));
  const { filterPolicy } = one(graph, "aws:sns/topicSubscription:TopicSubscription", Subscription, ({ endpoint }) =>
    endpoint.endsWith(`:${queueName}`),
  );
  const { batchSize } = one(graph, "aws:lambda/eventSourceMapping:EventSourceMapping", Mapping, (mapping) =>
    mapping.functionName.includes(`:function:${functionName}:`),
  );
  return {
    definition,
    environment: environmentOf(graph, functionName),
    limits: {
      visibilityTimeoutSeconds: queue.visibilityTimeoutSeconds,
      maxReceiveCount: queue.redrivePolicy.maxReceiveCount,
    },
    batchSize,
    filter: filterPolicy,
  };
}

function routesOf(graph: Graph): [string, Environment][] {
  return someOfType(graph, "aws:apigatewayv2/route:Route").map(([, { inputs }]) => {
    const { routeKey, target } = Route.parse(inputs);
    const integration = target.replace(/^integrations\/(.*)-id$/, "$1");
    const { integrationUri } = Integration.parse(named(graph, "aws:apigatewayv2/integration:Integration", integration));
    const functionName = /:function:([^:/]+)/.exec(integrationUri)?.[1] ?? "";
    return [routeKey, environmentOf(graph, functionName)];
  });
}

function scheduleOf(graph: Graph, name: string): StackSchedule {
  const found = someOfType(graph, "aws:scheduler/schedule:Schedule").map(([, { inputs }]) => {
    const { scheduleExpression, target } = Schedule.parse(inputs);
    const minutes = Number(/^rate\((\d+) minutes?\)$/.exec(scheduleExpression)?.[1]);
    if (!(minutes > 0)) throw new Error(`${scheduleExpression}: a world knows rates in minutes alone`);
    const environment = environmentOf(graph, /:function:([^:/]+)/.exec(target.arn)?.[1] ?? "");
    return { environment, intervalMs: minutes * 60_000 };
  });
  const schedule = found.find(({ environment }) => environment["NAME"] === name);
  if (!schedule) throw new Error(`the graph has no schedule of "${name}"`);
  return schedule;
}

const environmentOf = (graph: Graph, functionName: string): Environment =>
  Lambda.parse(named(graph, "aws:lambda/function:Function", functionName)).environment.variables;

/** The inputs of a resource by its name, which is its physical name here as well. */
function named(graph: Graph, type: string, name: string): unknown {
  const found = someOfType(graph, type).find(([, resource]) => resource.name === name);
  if (!found) throw new Error(`the graph has no ${type} "${name}"`);
  return found[1].inputs;
}

function one<T>(graph: Graph, type: string, schema: z.ZodType<T>, is: (inputs: T) => boolean): T {
  const found = someOfType(graph, type)
    .map(([, { inputs }]) => schema.parse(inputs))
    .filter(is);
  if (found.length !== 1 || found[0] === undefined) throw new Error(`the graph has ${found.length} such ${type}`);
  return found[0];
}
