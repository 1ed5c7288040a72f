import * as pulumi from "@pulumi/pulumi";

/** Every type of this program that AWS lets tag; a test holds the list to the provider's own arguments. */
const TAGGED = new Set([
  "aws:apigatewayv2/api:Api",
  "aws:apigatewayv2/stage:Stage",
  "aws:athena/workgroup:Workgroup",
  "aws:cloudwatch/logGroup:LogGroup",
  "aws:cloudwatch/metricAlarm:MetricAlarm",
  "aws:dynamodb/table:Table",
  "aws:ec2/securityGroup:SecurityGroup",
  "aws:ec2/vpcEndpoint:VpcEndpoint",
  "aws:glue/catalogDatabase:CatalogDatabase",
  "aws:iam/role:Role",
  "aws:lambda/eventSourceMapping:EventSourceMapping",
  "aws:lambda/function:Function",
  "aws:s3/bucket:Bucket",
  "aws:sesv2/configurationSet:ConfigurationSet",
  "aws:sns/topic:Topic",
  "aws:sqs/queue:Queue",
  "aws:ssm/parameter:Parameter",
  "awsx:ec2:Vpc",
]);

/**
 * Tags every resource that is made from here on with its project, its stack, and the tags of the config, by which costs
 * are told apart (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/cost-alloc-tags.html).
 */
export function tagResources(tags: Readonly<Record<string, string>>): void {
  const all = { project: pulumi.getProject(), stack: pulumi.getStack(), ...tags };
  pulumi.runtime.registerStackTransformation(({ type, props, opts }) =>
    TAGGED.has(type) ? { props: Object.assign({}, props, { tags: all }), opts } : undefined,
  );
}
