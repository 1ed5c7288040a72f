import { arn, LocalCloudError, physicalName } from "./shared/names.ts";
import type { ProgramResource, Provisioned } from "./program/protocol.ts";
import type { Provision, Services } from "./shared/services.ts";
import { api, authorizer, integration, route, stage } from "./http-api/provision.ts";
import { resourcePolicy, role, rolePolicy, rolePolicyAttachment } from "./iam/provision.ts";
import * as lambda from "./lambda/provision.ts";
import { nameOf } from "./shared/inputs.ts";
import { bucket, queue, queuePolicy, topic, topicSubscription } from "./messaging/provision.ts";
import { table } from "./dynamodb/provision.ts";
import { parameter } from "./ssm/provision.ts";
import { schedule } from "./scheduler/provision.ts";

/** Provisioners by resource type, each in its service's folder. A new type is added here. */
const provisioners: Readonly<Record<string, Provision>> = {
  "aws:dynamodb/table:Table": table,
  "aws:s3/bucket:Bucket": bucket,
  "aws:sns/topic:Topic": topic,
  "aws:sns/topicSubscription:TopicSubscription": topicSubscription,
  "aws:sqs/queue:Queue": queue,
  "aws:sqs/queuePolicy:QueuePolicy": queuePolicy,
  "aws:lambda/function:Function": lambda.lambdaFunction,
  "aws:lambda/callbackFunction:CallbackFunction": lambda.lambdaFunction,
  "aws:lambda/alias:Alias": lambda.alias,
  "aws:lambda/eventSourceMapping:EventSourceMapping": lambda.eventSourceMapping,
  "aws:lambda/permission:Permission": lambda.permission,
  "aws:apigatewayv2/api:Api": api,
  "aws:apigatewayv2/integration:Integration": integration,
  "aws:apigatewayv2/route:Route": route,
  "aws:apigatewayv2/stage:Stage": stage,
  "aws:apigatewayv2/authorizer:Authorizer": authorizer,
  "aws:scheduler/schedule:Schedule": schedule,
  "aws:ssm/parameter:Parameter": parameter,
  "aws:iam/role:Role": role,
  "aws:iam/rolePolicy:RolePolicy": rolePolicy,
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": rolePolicyAttachment,
  "aws:s3/bucketPolicy:BucketPolicy": resourcePolicy("bucket", (bucketName) => `arn:aws:s3:::${bucketName}`),
  "aws:sns/topicPolicy:TopicPolicy": resourcePolicy("arn", (topicArn) => topicArn),
  // Functions share this machine's network.
  "awsx:ec2:Vpc": () => ({ id: "vpc-local", outputs: { vpcId: "vpc-local", privateSubnetIds: [], routeTables: [] } }),
};

/** Types that are accepted and have no effect, with the reason; a trailing `*` names a whole module. */
const noLocalEffect: Readonly<Record<string, string>> = {
  "pulumi:providers:*": "there is one account and one region",
  "aws:cloudwatch/logGroup:LogGroup": "logs are files under the state folder",
  "aws:cloudwatch/metricAlarm:MetricAlarm": "there are no metrics",
  "aws:cloudwatch/dashboard:Dashboard": "there are no metrics",
  "aws:glue/catalogDatabase:CatalogDatabase": "there is no Athena to query it",
  "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": "the scheduler here never retries",
  "aws:glue/catalogTable:CatalogTable": "there is no Athena to query it",
  "aws:athena/workgroup:Workgroup": "there is no Athena",
  "aws:athena/namedQuery:NamedQuery": "there is no Athena",
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "everything is on loopback",
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "state is as old as its folder",
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "files are in plain",
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "there is one owner",
  "aws:s3/bucketVersioning:BucketVersioning": "one version of an object is kept",
  "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": "redrives are asked for by the queues themselves",
  "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "nobody signs in from outside",
  "aws:ec2/*": "functions share this machine's network",
  "aws:sesv2/*": "e-mail ends in the mailbox, and nothing bounces",
};

/** Outputs that a program may read of a resource without effect. */
function inertOutputs(resource: ProgramResource, region: string): Record<string, unknown> {
  const service = resource.type.split(":")[1]?.split("/")[0] ?? "";
  const name = nameOf(resource);
  const kind =
    { logGroup: "log-group:", metricAlarm: "alarm:" }[resource.type.split("/")[1]?.split(":")[0] ?? ""] ?? "";
  return { name, arn: arn(resource.type.includes("logGroup") ? "logs" : service, region, `${kind}${name}`) };
}

/** Whether a type of resource is accepted and does nothing. */
export function noEffect(type: string): boolean {
  if (type in noLocalEffect) return true;
  return Object.keys(noLocalEffect).some((pattern) => pattern.endsWith("*") && type.startsWith(pattern.slice(0, -1)));
}

/** Makes a resource; a type that is not known is an error, never ignored. */
export async function provision(resource: ProgramResource, services: Services): Promise<Provisioned> {
  const make = provisioners[resource.type];
  if (make) return make(resource, services);
  if (noEffect(resource.type)) {
    const outputs = inertOutputs(resource, services.settings.region);
    const id = { "aws:cloudwatch/logGroup:LogGroup": outputs["name"] }[resource.type];
    return { id: typeof id === "string" ? id : physicalName(resource.name, resource.urn), outputs };
  }
  throw new LocalCloudError(
    `${resource.type} "${resource.name}": the local cloud does not know this type. ` +
      `Emulate it, or list it as having no local effect, in local/provision.ts.`,
  );
}
