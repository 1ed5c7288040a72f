import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { VariableName } from "../contracts/environment.ts";
import type { FanOutTopic } from "./fan-out-topic.ts";
import { createFunction, type Wrapped } from "./function-code.ts";
import { assumedBy, logStatements, vpcStatements, policy, statementsOfUses, type Statement } from "./permissions.ts";
import { leaseSeconds } from "./queue-limits.ts";
import { emitsOf, physicalNamesOf, requireOutbox, type Resource } from "./resources.ts";

export type HandlerFunctionArgs = Wrapped & {
  /** The resources of the program by name. The compiler proves in index.ts that all uses are there. */
  resources: Readonly<Record<string, Resource>>;
  topic: FanOutTopic<string>;
  /** Lambda's limit for one invocation. */
  timeoutSeconds: number;
  memoryMb: number;
  /** Concurrent executions that it has for itself, and at most. Default none: it shares the account's with the others. */
  reservedConcurrency?: number | undefined;
  logRetentionDays: number;
  /** Where it runs inside a VPC. Default outside of any. */
  vpc?: FunctionVpc | undefined;
  /** The consumer's `settings` of the stack's config. */
  settings?: unknown;
  /** The consumer's name, the route's key or the schedule's name: NAME in its environment. */
  handlerName: string;
  /** Environment variables beside those that its uses give it. */
  environment?: Variables;
  /** Permissions beside those that its uses give it. */
  statements?: readonly Statement[];
};

/** The subnets and security groups of a function inside a VPC. */
export interface FunctionVpc {
  readonly subnetIds: pulumi.Input<string[]>;
  readonly securityGroupIds: pulumi.Input<string>[];
}

type FunctionOutputs = Readonly<Record<"functionName" | "logGroup", pulumi.Output<string>>>;

type Variables = { readonly [K in VariableName]?: pulumi.Input<string> };

/**
 * A Lambda function with its code, its role and its log group. Each change publishes a version, and the alias `live`
 * moves to it: whatever invokes the function names the alias
 * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html).
 */
export class HandlerFunction extends pulumi.ComponentResource {
  readonly name: string;
  /** Lambda's limit for one invocation. */
  readonly timeoutSeconds: number;
  readonly function: aws.lambda.Function;
  /** The version that is in use. */
  readonly alias: aws.lambda.Alias;
  readonly role: aws.iam.Role;
  /** The role's policy: whatever invokes the function early must wait for it. */
  readonly rolePolicy: aws.iam.RolePolicy;
  readonly logGroup: aws.cloudwatch.LogGroup;
  /** What commands need to find its logs. */
  readonly outputs: FunctionOutputs;

  constructor(name: string, args: HandlerFunctionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("order-fanout:functions:HandlerFunction", name, {}, opts);
    const parent = { parent: this };

    this.name = name;
    this.timeoutSeconds = args.timeoutSeconds;
    this.logGroup = new aws.cloudwatch.LogGroup(`${name}-logs`, { retentionInDays: args.logRetentionDays }, parent);
    this.role = new aws.iam.Role(`${name}-role`, { assumeRolePolicy: assumedBy("lambda.amazonaws.com") }, parent);
    this.rolePolicy = new aws.iam.RolePolicy(
      `${name}-policy`,
      {
        role: this.role.id,
        policy: policy([
          ...logStatements(this.logGroup),
          ...(args.vpc ? vpcStatements(args.topic.arn) : []),
          ...statementsOfUses(name, args.handler, args.resources, args.topic.arn, args.settings),
          ...(args.statements ?? []),
        ]),
      },
      parent,
    );
    this.function = createFunction(
      name,
      args,
      args.topic.eventsModule,
      {
        role: this.role.arn,
        runtime: "nodejs24.x",
        architectures: ["arm64"],
        timeout: args.timeoutSeconds,
        memorySize: args.memoryMb,
        ...(args.reservedConcurrency !== undefined && { reservedConcurrentExecutions: args.reservedConcurrency }),
        publish: true,
        ...(args.vpc && { vpcConfig: { ...args.vpc } }),
        environment: { variables: { ...variablesOf(name, args) } },
        loggingConfig: { logFormat: "Text", logGroup: this.logGroup.name },
      },
      { parent: this, dependsOn: [this.rolePolicy] },
    );
    this.alias = new aws.lambda.Alias(
      `${name}-live`,
      { name: "live", functionName: this.function.name, functionVersion: this.function.version },
      parent,
    );
    this.outputs = { functionName: this.function.name, logGroup: this.logGroup.name };
    this.registerOutputs({ function: this.function.name });
  }
}

/** The CloudEvents `source` of this stack's events, and the dimension of its metrics. */
export const eventSource = (): string => `/order-fanout/${pulumi.getStack()}`;

/** The function's environment; inside Lambda, `readEnvironment` of `contracts/environment.ts` reads it. */
function variablesOf(name: string, args: HandlerFunctionArgs): Variables {
  const { handler, resources, topic, timeoutSeconds, settings, handlerName } = args;
  const kinds = new Set(Object.values(handler.uses ?? {}).map(({ kind }) => kind));
  const emits = emitsOf(args.handler);
  const names = physicalNamesOf(handler, resources);
  const outbox = emits ? requireOutbox(name, resources) : undefined;
  return {
    NAME: handlerName,
    EVENT_SOURCE: eventSource(),
    ...(Object.keys(names).length > 0 && { RESOURCES: pulumi.jsonStringify(names) }),
    ...(outbox && { OUTBOX: pulumi.jsonStringify({ table: outbox.outbox.name, ...outbox.key }) }),
    ...((emits || kinds.has("topic")) && { TOPIC_ARN: topic.arn }),
    ...(settings !== undefined && { SETTINGS: JSON.stringify(settings) }),
    ...(kinds.has("ledger") && { LEASE_SECONDS: String(leaseSeconds(timeoutSeconds)) }),
    ...args.environment,
  };
}
