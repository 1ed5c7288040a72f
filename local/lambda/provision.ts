import { basename, join } from "node:path";
import * as z from "zod";
import { Archive, unpack } from "./archive.ts";
import { requireTrust } from "../iam/at-start.ts";
import { policyOf } from "../iam/provision.ts";
import { arn, referenceOf } from "../shared/names.ts";
import type { ProgramResource, Provisioned } from "../program/protocol.ts";
import type { Provision, Services, Settings } from "../shared/services.ts";
import { nameOf, read, unsupported } from "../shared/inputs.ts";

const Function = z.object({
  role: z.string(),
  handler: z.string(),
  runtime: z.string(),
  code: Archive,
  memorySize: z.number().default(128),
  timeout: z.number().default(3),
  publish: z.boolean().default(false),
  reservedConcurrentExecutions: z.number().default(-1),
  environment: z.object({ variables: z.record(z.string(), z.string()).default({}) }).default({ variables: {} }),
  loggingConfig: z.object({ logGroup: z.string().optional() }).optional(),
});

/** A Lambda function, unpacked from the archive that would be deployed. */
export const lambdaFunction: Provision = async (
  resource,
  { functions, versions, access, accessKeys, logGroups, settings },
) => {
  const inputs = read(Function, resource);
  if (!inputs.runtime.startsWith("nodejs"))
    throw unsupported(resource, `the runtime ${inputs.runtime} is not emulated, only nodejs`);
  requireTrust(
    access,
    `${resource.type} "${resource.name}"`,
    "lambda.amazonaws.com",
    inputs.role,
    "The role defined for the function cannot be assumed by Lambda.",
  );
  const name = nameOf(resource);
  const functionArn = arn("lambda", settings.region, `function:${name}`);
  const logGroup = inputs.loggingConfig?.logGroup ?? `/aws/lambda/${name}`;
  const concurrency = inputs.reservedConcurrentExecutions;
  const folder = await unpack(inputs.code, settings.root, join(settings.state, "code"));
  const version = inputs.publish ? versions.publish(name, { ...inputs, code: basename(folder) }) : "$LATEST";
  functions.put({
    name,
    arn: functionArn,
    version,
    runtime: inputs.runtime,
    role: inputs.role,
    folder,
    handler: inputs.handler,
    memorySize: inputs.memorySize,
    timeoutSeconds: inputs.timeout,
    ...(concurrency >= 0 ? { concurrency } : {}),
    logGroup,
    environment: {
      ...shortenWaits(inputs.environment.variables, settings.speed),
      AWS_REGION: settings.region,
      AWS_ENDPOINT_URL: settings.endpoint,
      AWS_ACCESS_KEY_ID: name,
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: version,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(inputs.memorySize),
      AWS_LAMBDA_FUNCTION_TIMEOUT: String(inputs.timeout),
      TZ: "UTC",
    },
  });
  accessKeys.add(name);
  access.assume(name, inputs.role);
  logGroups.set(logGroup, { arn: arn("logs", settings.region, `log-group:${logGroup}`), functionName: name });
  const outputs = {
    name,
    arn: functionArn,
    invokeArn: invokeArnOf(functionArn, settings.region),
    qualifiedArn: `${functionArn}:${version}`,
    qualifiedInvokeArn: invokeArnOf(`${functionArn}:${version}`, settings.region),
    version,
    memorySize: inputs.memorySize,
    timeout: inputs.timeout,
    reservedConcurrentExecutions: concurrency,
    loggingConfig: { logFormat: "Text", ...inputs.loggingConfig, logGroup },
  };
  return { id: name, outputs };
};

const invokeArnOf = (functionArn: string, region: string): string =>
  `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${functionArn}/invocations`;

const Alias = z.object({
  name: z.string(),
  functionName: z.string(),
  functionVersion: z.string(),
  routingConfig: z.unknown().optional(),
});

/** An alias: a name that others invoke a version of a function by. */
export const alias: Provision = (resource, { functions, settings }) => {
  const { name, functionName, functionVersion, routingConfig } = read(Alias, resource);
  if (routingConfig !== undefined) throw unsupported(resource, "an alias of two versions is not emulated");
  const { name: target } = referenceOf(functionName);
  functions.putAlias(target, name, functionVersion);
  const aliasArn = arn("lambda", settings.region, `function:${target}:${name}`);
  return { id: aliasArn, outputs: { arn: aliasArn, invokeArn: invokeArnOf(aliasArn, settings.region) } };
};

/** By convention a variable `..._SECONDS` is a wait (a lease, an age), which `--speed` shortens like all waits. */
function shortenWaits(variables: Readonly<Record<string, string>>, speed: number): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => {
      const wait = speed !== 1 && name.endsWith("_SECONDS") && value !== "" && Number.isFinite(Number(value));
      return [name, wait ? String(Number(value) / speed) : value];
    }),
  );
}

const Mapping = z.object({
  eventSourceArn: z.string(),
  functionName: z.string(),
  batchSize: z.number().default(10),
  maximumBatchingWindowInSeconds: z.number().default(0),
  functionResponseTypes: z.array(z.string()).default([]),
  scalingConfig: z.object({ maximumConcurrency: z.number().optional() }).optional(),
  provisionedPollerConfig: z.object({ maximumPollers: z.number().default(200) }).optional(),
  enabled: z.boolean().default(true),
  filterCriteria: z.unknown().optional(),
});

/** Invocations at the same time of each poller (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html). */
const INVOCATIONS_PER_POLLER = 10;

/** An event source mapping from a queue. */
export const eventSourceMapping = (
  resource: ProgramResource,
  { mappings, settings }: Pick<Services, "mappings"> & { settings: Pick<Settings, "region"> },
): Provisioned => {
  const inputs = read(Mapping, resource);
  if (!inputs.eventSourceArn.startsWith("arn:aws:sqs:"))
    throw unsupported(resource, "only queues are event sources here");
  if (inputs.filterCriteria) throw unsupported(resource, "filter criteria are not emulated");
  if (inputs.batchSize > 10 && inputs.maximumBatchingWindowInSeconds < 1) {
    throw unsupported(resource, "AWS wants a batching window of a second or more for batches above 10");
  }
  const { functionName, scalingConfig, provisionedPollerConfig: pollers } = inputs;
  if (scalingConfig && pollers) {
    throw unsupported(resource, "AWS takes a maximum concurrency or provisioned pollers, not both");
  }
  if (inputs.enabled) {
    mappings.push({
      queueArn: inputs.eventSourceArn,
      functionName,
      batchSize: inputs.batchSize,
      windowSeconds: inputs.maximumBatchingWindowInSeconds,
      reportBatchItemFailures: inputs.functionResponseTypes.includes("ReportBatchItemFailures"),
      maximumConcurrency: pollers
        ? INVOCATIONS_PER_POLLER * pollers.maximumPollers
        : (scalingConfig?.maximumConcurrency ?? 1000),
    });
  }
  const id = nameOf(resource);
  const { name, qualifier } = referenceOf(functionName);
  const functionArn = arn("lambda", settings.region, ["function", name, ...(qualifier ? [qualifier] : [])].join(":"));
  return {
    id,
    outputs: {
      uuid: id,
      functionArn,
      state: "Enabled",
      arn: arn("lambda", settings.region, `event-source-mapping:${id}`),
    },
  };
};

const Permission = z.object({
  action: z.string(),
  function: z.string(),
  qualifier: z.string().optional(),
  principal: z.string(),
  sourceArn: z.string().optional(),
  sourceAccount: z.string().optional(),
});
/** Inputs of a permission that nothing here knows. */
const foreign = ["eventSourceToken", "functionUrlAuthType", "invokedViaFunctionUrl", "principalOrgId"];

/**
 * Who may invoke a function, or one of its versions or aliases: a statement of that one's policy.
 * https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
 */
export const permission: Provision = (resource, { access, settings }) => {
  const { function: reference, action, principal, sourceArn, sourceAccount, ...rest } = read(Permission, resource);
  const given = foreign.filter((input) => resource.inputs[input] !== undefined);
  if (given.length > 0) throw unsupported(resource, `${given.join(", ")} is not implemented`);
  if (!principal.endsWith(".amazonaws.com"))
    throw unsupported(resource, `a principal that is not a service is not implemented; got ${principal}`);
  const { name, qualifier = rest.qualifier } = referenceOf(reference);
  const functionArn = arn("lambda", settings.region, ["function", name, ...(qualifier ? [qualifier] : [])].join(":"));
  const statementId = nameOf(resource, "statementId");
  const Statement = {
    Sid: statementId,
    Effect: "Allow",
    Principal: { Service: principal },
    Action: action,
    Resource: functionArn,
    Condition: {
      ...(sourceArn !== undefined && { ArnLike: { "aws:SourceArn": sourceArn } }),
      ...(sourceAccount !== undefined && { StringEquals: { "aws:SourceAccount": sourceAccount } }),
    },
  };
  access.putResourcePolicy(functionArn, policyOf(resource, "resource", JSON.stringify({ Statement })));
  return { id: statementId, outputs: { statementId } };
};
