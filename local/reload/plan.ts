import { DynamoDbError, type DynamoDb } from "../dynamodb/server.ts";
import { createApi } from "../http-api/provision.ts";
import { createAccess } from "../iam/access.ts";
import { requirePolling } from "../iam/at-start.ts";
import type { FunctionConfig } from "../lambda/execution-environment.ts";
import { requireUnreserved, type Functions } from "../lambda/functions.ts";
import type { Versions } from "../lambda/versions.ts";
import { subscriptionKey, type Messaging, type MessagingResources } from "../messaging/server.ts";
import { arn, referenceOf } from "../shared/names.ts";
import type { Services } from "../shared/services.ts";
import type { Graph } from "./graph.ts";

/** The services that run, which a plan reads and changes nothing in. */
export interface PlanArgs {
  readonly services: Services;
  readonly functions: Functions;
  readonly dynamodb: DynamoDb;
  readonly messaging: Messaging;
  readonly versions: Versions;
  readonly accountConcurrency: number;
}

/** A program that was evaluated, of which nothing is made yet. */
export interface Plan {
  readonly graph: Graph;
  /** Services for its provisioners: they remember what is to be made. */
  readonly services: Services;
  /** The functions by name. */
  readonly configs: ReadonlyMap<string, FunctionConfig>;
  /** Function, alias and version. */
  readonly aliases: readonly (readonly [string, string, string])[];
  /** The queues, topics and subscriptions, as `removeOrphans` takes them. */
  readonly kept: ReadonlySet<string>;
  /** What changes tables, parameters and numbers of versions; nobody sees it before the rest. */
  readonly beforehand: readonly (() => unknown)[];
  /** What changes queues, topics and subscriptions, at once. */
  readonly messaging: readonly (() => void)[];
  /** @throws LocalCloudError where a mapping or a reservation would be refused. */
  check(): void;
}

/** Begins a plan: each provisioner answers as it would, and changes nothing. */
export function createPlan(args: PlanArgs): Plan {
  const { services, messaging: real, versions, accountConcurrency } = args;
  const beforehand: (() => unknown)[] = [];
  const messaging: (() => void)[] = [];
  const configs = new Map<string, FunctionConfig>();
  const aliases: [string, string, string][] = [];
  const kept = new Set<string>();
  const { region } = services.settings;
  const putMessaging = (key: string, act: () => void): string => {
    kept.add(key);
    messaging.push(act);
    return key;
  };
  const resources: MessagingResources = {
    putQueue: (name, attributes) => ({
      arn: putMessaging(arn("sqs", region, name), () => real.putQueue(name, attributes)),
    }),
    putQueuePolicy: (queueArn, policy) => void messaging.push(() => real.putQueuePolicy(queueArn, policy)),
    putTopic: (name, attributes) => ({
      arn: putMessaging(arn("sns", region, name), () => real.putTopic(name, attributes)),
    }),
    putSubscription: (topicArn, queueArn, attributes) => {
      putMessaging(subscriptionKey(topicArn, queueArn), () => real.putSubscription(topicArn, queueArn, attributes));
      return real.findSubscription(topicArn, queueArn) ?? `${topicArn}:new`;
    },
    putBucket: (name) => void messaging.push(() => real.putBucket(name)),
  };
  const access = createAccess();
  const planned: Services = {
    settings: services.settings,
    dynamodb: Promise.resolve({ call: plannedCall(args.dynamodb, beforehand) }),
    messaging: Promise.resolve(resources),
    functions: {
      put: (config) => {
        configs.set(config.name, config);
        requireUnreserved(configs.values(), accountConcurrency);
      },
      putAlias: (name, alias, version) => void aliases.push([name, alias, version]),
      find: (name) => configs.get(name),
    },
    versions: {
      publish: (name, content) => {
        beforehand.push(() => versions.publish(name, content));
        return versions.next(name, content);
      },
    },
    access,
    accessKeys: new Set([...services.accessKeys].filter((key) => args.functions.find(key) === undefined)),
    parameters: {
      get: (name) => services.parameters.get(name),
      put: (name, parameter) => {
        beforehand.push(() => services.parameters.put(name, parameter));
        return (services.parameters.get(name)?.version ?? 0) + 1;
      },
    },
    logGroups: new Map(),
    api: createApi(),
    mappings: [],
    schedules: [],
  };
  const check = (): void => {
    for (const { queueArn, functionName } of planned.mappings)
      requirePolling(access, { queueArn, role: configs.get(referenceOf(functionName).name)?.role ?? "" });
  };
  return { graph: new Map(), services: planned, configs, aliases, kept, beforehand, messaging, check };
}

/** Reads tables as they are, and those to come as new ones; writes are remembered. */
function plannedCall({ call }: Pick<DynamoDb, "call">, beforehand: (() => unknown)[]): DynamoDb["call"] {
  const coming = new Set<unknown>();
  return async (operation, input) => {
    const table = "TableName" in input ? input["TableName"] : undefined;
    if (operation === "DescribeTimeToLive" && coming.has(table))
      return { TimeToLiveDescription: { TimeToLiveStatus: "DISABLED" } };
    if (operation.startsWith("Describe")) return call(operation, input);
    if (operation !== "CreateTable" && operation !== "UpdateTimeToLive")
      throw new DynamoDbError("NotPlanned", `a plan has no ${operation}`);
    coming.add(table);
    beforehand.push(() => call(operation, input));
    return {};
  };
}
