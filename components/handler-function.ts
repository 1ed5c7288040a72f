import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import * as z from "zod";
import type { Consumer } from "../runtime/define/consumer.ts";
import type { Clock } from "../runtime/lambda/deadline.ts";
import type { Route } from "../runtime/define/route.ts";
import type { Scheduled } from "../runtime/define/scheduled.ts";
import { bundleHandler, bundleInlineRuntime, inlineRuntimeFile } from "./bundle.ts";
import type { FanOutTopic } from "./fan-out-topic.ts";
import {
  bucketStatements,
  emailStatements,
  ledgerStatements,
  outboxStatements,
  policy,
  publishStatements,
  smsStatements,
  tableStatements,
  type Statement,
} from "./permissions.ts";
import type { Resource } from "./resources.ts";

/** A definition of `consumer()`, `route()` or `scheduled()`, with the name of what is run around it inside Lambda. */
export type Wrapped =
  | { wrapper: "consume"; handler: Consumer }
  | { wrapper: "serve"; handler: Route }
  | { wrapper: "run"; handler: Scheduled };

export type HandlerFunctionArgs = Wrapped & {
  /** What the program offers, by name. That all that is used is there is proven where the program is compiled. */
  resources: Readonly<Record<string, Resource>>;
  topic: FanOutTopic<string>;
  /** In seconds. */
  timeout: number;
  /** In MB. */
  memory: number;
  /** In days. */
  logRetention: number;
  /** What the stack's config says under the consumer's `settings`. */
  settings?: unknown;
  environment?: Readonly<Record<string, pulumi.Input<string>>>;
  /** What the function may do beside what its uses give it. */
  statements?: readonly Statement[];
};

/**
 * A Lambda function with its code, its role and its log group. With a module its handler's file is bundled; without one
 * its handler is an inline callback, serialized by Pulumi, and of what it is written in nothing else is.
 */
export class HandlerFunction extends pulumi.ComponentResource {
  readonly function: aws.lambda.Function;
  readonly role: aws.iam.Role;
  /** What the role may do: whatever invokes the function early must wait for it. */
  readonly rolePolicy: aws.iam.RolePolicy;
  readonly logGroup: aws.cloudwatch.LogGroup;

  constructor(name: string, args: HandlerFunctionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("order-fanout:functions:HandlerFunction", name, {}, opts);
    const parent = { parent: this };

    this.logGroup = new aws.cloudwatch.LogGroup(`${name}-logs`, { retentionInDays: args.logRetention }, parent);
    this.role = new aws.iam.Role(`${name}-role`, { assumeRolePolicy: assumedBy("lambda.amazonaws.com") }, parent);
    this.rolePolicy = new aws.iam.RolePolicy(
      `${name}-policy`,
      {
        role: this.role.id,
        policy: policy([...logStatements(this.logGroup), ...useStatements(name, args), ...(args.statements ?? [])]),
      },
      parent,
    );
    this.function = createFunction(
      name,
      args,
      {
        role: this.role.arn,
        runtime: "nodejs24.x",
        architectures: ["arm64"],
        timeout: args.timeout,
        memorySize: args.memory,
        environment: { variables: environment(args) },
        loggingConfig: { logFormat: "Text", logGroup: this.logGroup.name },
      },
      { parent: this, dependsOn: [this.rolePolicy] },
    );
    this.registerOutputs({ function: this.function.name });
  }
}

/** The CloudEvents `source` of this stack's events, and the dimension of its metrics. */
export const eventSource = (): string => `/order-fanout/${pulumi.getStack()}`;

/** The trust policy of a role that one service assumes. */
export const assumedBy = (Service: string): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" }],
  });

function createFunction(
  name: string,
  wrapped: Wrapped,
  settings: Omit<aws.lambda.FunctionArgs, "code" | "handler" | "runtime"> & { runtime: "nodejs24.x"; timeout: number },
  opts: pulumi.CustomResourceOptions,
): aws.lambda.Function {
  const { module } = wrapped.handler;
  if (module) {
    const code = bundleHandler(module, wrapped.wrapper).apply(
      (text) => new pulumi.asset.AssetArchive({ "index.js": new pulumi.asset.StringAsset(text) }),
    );
    return new aws.lambda.Function(name, { ...settings, handler: "index.handle", code }, opts);
  }
  const codePathOptions = { extraIncludePaths: [inlineRuntimeFile], extraExcludePackages: [...packages] };
  const callbackFactory = inlineFactory(name, wrapped);
  return new aws.lambda.CallbackFunction(name, { ...settings, callbackFactory, codePathOptions }, opts);
}

/**
 * The code of an inline callback: loads the bundled runtime inside Lambda and gives it the user's own arrow. Only that
 * and plain values go through the serializer: a schema or a client would not survive it.
 */
function inlineFactory(name: string, wrapped: Wrapped): () => (event: never, clock: Clock) => Promise<unknown> {
  const runtime = bundleInlineRuntime();
  const uses = Object.fromEntries(
    Object.entries(wrapped.handler.uses ?? {}).map(([use, { kind, verbs }]) => [use, { kind, verbs: [...verbs] }]),
  );
  if (wrapped.wrapper === "serve" && !wrapped.handler.body) {
    const { handle } = wrapped.handler;
    return () => (require(runtime.get()) as typeof import("../runtime/lambda/inline.ts")).serveInline(handle, { uses });
  }
  if (wrapped.wrapper === "consume" && wrapped.handler.handle && !wrapped.handler.settings) {
    const { handle, concurrency } = wrapped.handler;
    const captured = { on: wrapped.handler.on.map(({ type }) => type), uses, concurrency };
    return () =>
      (require(runtime.get()) as typeof import("../runtime/lambda/inline.ts")).consumeInline(handle, captured);
  }
  throw new Error(
    `HandlerFunction "${name}": an inline callback is a route without a body's schema, or a consumer with \`handle\` and ` +
      "without settings; got another definition. Move it to a file of its own and give it `module: import.meta`.",
  );
}

/** Of the packages that the serializer would put into the archive, none is needed: the runtime is bundled. */
const Manifest = z.object({
  dependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});
const { dependencies, optionalDependencies } = Manifest.parse(
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")),
);
const packages = Object.keys({ ...dependencies, ...optionalDependencies });

const logStatements = ({ arn }: aws.cloudwatch.LogGroup): Statement[] => [
  { Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: pulumi.interpolate`${arn}:*` },
];

/** What the function may do by what its handler declares: each use, and the outbox where it emits. */
function useStatements(name: string, args: HandlerFunctionArgs): Statement[] {
  const { handler, resources, topic, settings } = args;
  const emits = emitsOf(args);
  const uses = Object.entries(handler.uses ?? {}).flatMap(([use, { kind, verbs }]): Statement[] => {
    const resource = resources[use];
    switch (kind) {
      case "table":
        return tableStatements(expect(name, use, resource, isTable), verbs);
      case "bucket":
        return bucketStatements(expect(name, use, resource, isBucket));
      case "ledger":
        return ledgerStatements(expect(name, use, resource, isLedger).ledger);
      case "topic":
        return publishStatements(topic.arn);
      case "email":
        return isRecord(settings) && typeof settings["from"] === "string"
          ? emailStatements(settings["from"], topic.arn)
          : [];
      case "sms":
        return isRecord(settings) && settings["sms"] === true ? smsStatements() : [];
      case "https":
        return [];
    }
  });
  if (!emits) return uses;
  return [...uses, ...outboxStatements(expect(name, "orders", resources["orders"], isTable), topic.arn)];
}

function environment(args: HandlerFunctionArgs) {
  const { handler, resources, topic, timeout, settings, environment: own } = args;
  const kinds = new Set(Object.values(handler.uses ?? {}).map(({ kind }) => kind));
  const emits = emitsOf(args);
  const used = [...new Set([...Object.keys(handler.uses ?? {}), ...(emits ? ["orders"] : [])])].sort();
  const names = used.flatMap((use) => {
    const resource = resources[use];
    return resource ? [[use, isLedger(resource) ? resource.ledger.name : resource.id] as const] : [];
  });
  return {
    EVENT_SOURCE: eventSource(),
    ...(names.length > 0 && { RESOURCES: pulumi.jsonStringify(Object.fromEntries(names)) }),
    ...((emits || kinds.has("topic")) && { TOPIC_ARN: topic.arn }),
    ...(settings !== undefined && { SETTINGS: JSON.stringify(settings) }),
    ...(kinds.has("ledger") && { LEASE_SECONDS: String(leaseSeconds(timeout)) }),
    ...own,
  };
}

/**
 * How long an effect is claimed for, in seconds: as long as the function can run, and two minutes more, because the
 * clocks of two functions may each be wrong by one.
 */
export const leaseSeconds = (timeout: number): number => timeout + 120;

const emitsOf = ({ wrapper, handler }: Wrapped): boolean => wrapper !== "run" && (handler.emits ?? []).length > 0;

const isTable = (resource: unknown): resource is aws.dynamodb.Table => aws.dynamodb.Table.isInstance(resource);
const isBucket = (resource: unknown): resource is aws.s3.Bucket => aws.s3.Bucket.isInstance(resource);
const isLedger = (resource: unknown): resource is Extract<Resource, { ledger: unknown }> =>
  isRecord(resource) && "ledger" in resource;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

function expect<T extends Resource>(
  name: string,
  use: string,
  resource: Resource | undefined,
  is: (resource: unknown) => resource is T,
): T {
  if (is(resource)) return resource;
  throw new Error(
    `HandlerFunction "${name}": "${use}" is used and must be among the resources, of the right kind; got ${resource ? "another kind" : "nothing"}. Offer it in index.ts.`,
  );
}
