import type { Resource } from "../../evaluation/evaluated.ts";
import {
  ACCOUNT,
  alarm,
  authorizer,
  glueTable,
  json,
  lambda,
  lifecycle,
  logGroup,
  named,
  object,
  pascal,
  queue,
  role,
  same,
  securityGroup,
  subscription,
  table,
  without,
  workGroup,
  type Convert,
} from "./cloudformation-types.ts";

/** As Pulumi ends a physical name, so that lengths and characters are checked with it. */
const SUFFIX = "-1a2b3c4";

/** The types of the program, each as CloudFormation has it. */
const CONVERSIONS: Readonly<Record<string, readonly [type: string, convert: Convert]>> = {
  "aws:apigatewayv2/api:Api": ["AWS::ApiGatewayV2::Api", named("Name")],
  "aws:apigatewayv2/authorizer:Authorizer": ["AWS::ApiGatewayV2::Authorizer", authorizer],
  "aws:apigatewayv2/integration:Integration": ["AWS::ApiGatewayV2::Integration", same],
  "aws:apigatewayv2/route:Route": ["AWS::ApiGatewayV2::Route", same],
  "aws:apigatewayv2/stage:Stage": [
    "AWS::ApiGatewayV2::Stage",
    ({ name, ...inputs }) => ({ ...same(inputs), StageName: name }),
  ],
  "aws:athena/workgroup:Workgroup": ["AWS::Athena::WorkGroup", workGroup],
  "aws:cloudwatch/dashboard:Dashboard": ["AWS::CloudWatch::Dashboard", named("DashboardName")],
  "aws:cloudwatch/logGroup:LogGroup": ["AWS::Logs::LogGroup", logGroup],
  "aws:cloudwatch/metricAlarm:MetricAlarm": ["AWS::CloudWatch::Alarm", alarm],
  "aws:dynamodb/table:Table": ["AWS::DynamoDB::Table", table],
  "aws:ec2/securityGroup:SecurityGroup": ["AWS::EC2::SecurityGroup", securityGroup],
  "aws:ec2/vpcEndpoint:VpcEndpoint": ["AWS::EC2::VPCEndpoint", same],
  "aws:glue/catalogDatabase:CatalogDatabase": [
    "AWS::Glue::Database",
    ({ name }) => ({ CatalogId: ACCOUNT, DatabaseInput: { Name: name } }),
  ],
  "aws:glue/catalogTable:CatalogTable": ["AWS::Glue::Table", glueTable],
  "aws:iam/role:Role": ["AWS::IAM::Role", role],
  "aws:iam/rolePolicy:RolePolicy": [
    "AWS::IAM::RolePolicy",
    ({ role, policy }, name) => ({ RoleName: role, PolicyName: name, PolicyDocument: json(policy) }),
  ],
  "aws:lambda/alias:Alias": ["AWS::Lambda::Alias", same],
  "aws:lambda/eventSourceMapping:EventSourceMapping": ["AWS::Lambda::EventSourceMapping", same],
  "aws:lambda/function:Function": ["AWS::Lambda::Function", lambda],
  "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": ["AWS::Lambda::EventInvokeConfig", same],
  "aws:lambda/permission:Permission": [
    "AWS::Lambda::Permission",
    ({ function: name, qualifier, ...inputs }) => ({
      ...same(inputs),
      FunctionName: [name, qualifier].filter((part) => typeof part === "string").join(":"),
    }),
  ],
  "aws:s3/bucket:Bucket": ["AWS::S3::Bucket", (_inputs, name) => ({ BucketName: name })],
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": ["AWS::S3::Bucket", lifecycle],
  "aws:s3/bucketPolicy:BucketPolicy": [
    "AWS::S3::BucketPolicy",
    ({ bucket, policy }) => ({ Bucket: bucket, PolicyDocument: json(policy) }),
  ],
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": [
    "AWS::S3::Bucket",
    (inputs) => ({ PublicAccessBlockConfiguration: same(without(inputs, "bucket")) }),
  ],
  "aws:scheduler/schedule:Schedule": ["AWS::Scheduler::Schedule", named("Name")],
  "aws:sesv2/configurationSet:ConfigurationSet": [
    "AWS::SES::ConfigurationSet",
    ({ configurationSetName }) => ({ Name: configurationSetName }),
  ],
  "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination": [
    "AWS::SES::ConfigurationSetEventDestination",
    ({ configurationSetName, eventDestination, eventDestinationName }) => ({
      ConfigurationSetName: configurationSetName,
      EventDestination: { ...object(pascal(eventDestination)), Name: eventDestinationName },
    }),
  ],
  "aws:sns/topic:Topic": ["AWS::SNS::Topic", named("TopicName")],
  "aws:sns/topicPolicy:TopicPolicy": [
    "AWS::SNS::TopicPolicy",
    ({ arn, policy }) => ({ Topics: [arn], PolicyDocument: json(policy) }),
  ],
  "aws:sns/topicSubscription:TopicSubscription": ["AWS::SNS::Subscription", subscription],
  "aws:sqs/queue:Queue": ["AWS::SQS::Queue", queue],
  "aws:sqs/queuePolicy:QueuePolicy": [
    "AWS::SQS::QueuePolicy",
    ({ queueUrl, policy }) => ({ Queues: [queueUrl], PolicyDocument: json(policy) }),
  ],
};

/**
 * The resources as a CloudFormation template, for cfn-lint's schemas: patterns, enumerations, ranges, lengths. Tags are
 * left out: their form differs by type.
 * @throws Error for a type that is not converted yet.
 */
export function cloudFormation(resources: readonly Resource[]): string {
  const converted = resources.map(({ type, name, inputs }) => {
    const conversion = CONVERSIONS[type];
    if (!conversion)
      throw new Error(`${type}: cfn-lint cannot check it yet; add it to tests/graph-lint/cloudformation.ts`);
    const [Type, convert] = conversion;
    const Properties = convert(without(inputs, "tags"), `${name}${SUFFIX}`);
    return [`${name}${type.split(":")[2]}`.replace(/[^A-Za-z0-9]/g, ""), { Type, Properties }] as const;
  });
  const template = { AWSTemplateFormatVersion: "2010-09-09", Resources: Object.fromEntries(converted) };
  return withIds(JSON.stringify(template), resources);
}

/** AWS's form for the ids that the evaluation makes up: of a network's parts, and of a security group. */
function withIds(text: string, resources: readonly Resource[]): string {
  const ids = new Map<string, string>();
  const idOf = (kind: string, made: string) => {
    const id = ids.get(made) ?? `${kind}-${String(ids.size).padStart(8, "0")}`;
    ids.set(made, id);
    return `"${id}"`;
  };
  const groups = resources.filter(({ type }) => type.endsWith(":SecurityGroup")).map(({ name }) => `"${name}-id"`);
  return groups
    .reduce((all, made) => all.replaceAll(made, idOf("sg", made)), text)
    .replaceAll(/"(vpc|subnet|rtb)-[a-z][a-z-]*"/g, (made, kind: string) => idOf(kind, made));
}
