import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Consumer, Ports, Route, Scheduled } from "../runtime/index.ts";
import { emitsOf, requireOutbox, requireResource, type Resource } from "./resources.ts";

/** A statement of an IAM policy. */
export interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource?: pulumi.Input<string | string[]>;
  readonly NotResource?: pulumi.Input<string>;
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

/** A policy document. */
export const policy = (statements: readonly Statement[]): pulumi.Output<string> =>
  pulumi.jsonStringify({ Version: "2012-10-17", Statement: statements });

/** The denial of an action on a resource to everybody who comes without TLS. */
export const denyWithoutTls = (Action: string, Resource: Statement["Resource"]): Statement => ({
  Effect: "Deny",
  Principal: "*",
  Action,
  ...(Resource !== undefined && { Resource }),
  Condition: { Bool: { "aws:SecureTransport": "false" } },
});

/** What the ARNs of a stack have in common, out of any of them: asking AWS would give each preview a call. */
export const placeOf = (arn: pulumi.Output<string>) =>
  arn.apply((sample) => {
    const [, partition = "", , region = "", account = ""] = sample.split(":");
    return { partition, region, account };
  });

/**
 * The trust policy of a role that one service assumes; with any ARN of the stack, only on behalf of its account
 * (https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html). AWS documents that
 * condition for Scheduler, and none for the roles of functions.
 */
export const assumedBy = (Service: string, arn?: pulumi.Output<string>): pulumi.Output<string> =>
  policy([
    {
      Effect: "Allow",
      Principal: { Service },
      Action: "sts:AssumeRole",
      ...(arn && { Condition: { StringEquals: { "aws:SourceAccount": placeOf(arn).account } } }),
    },
  ]);

/** Writing to a log group. */
export const logStatements = ({ arn }: aws.cloudwatch.LogGroup): Statement[] => [
  allow(["logs:CreateLogStream", "logs:PutLogEvents"], pulumi.interpolate`${arn}:*`),
];

/**
 * What Lambda needs to connect a function to its subnets, on behalf of the function's role. The interfaces that it will
 * make have no names yet: the page wants all of them to be named; looking takes no resource
 * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions). `arn` is any of the
 * stack, for the partition, the region and the account in it.
 */
export const vpcStatements = (arn: pulumi.Output<string>): Statement[] => [
  allow(["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"], "*"),
  allow(
    [
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:AssignPrivateIpAddresses",
      "ec2:UnassignPrivateIpAddresses",
    ],
    placeOf(arn).apply(({ partition, region, account }) =>
      ["network-interface", "subnet", "security-group"].map(
        (type) => `arn:${partition}:ec2:${region}:${account}:${type}/*`,
      ),
    ),
  ),
];

/** Everything that a definition's uses and emits allow its function. */
export function statementsOfUses(
  name: string,
  handler: Consumer | Route | Scheduled,
  resources: Readonly<Record<string, Resource>>,
  topicArn: pulumi.Output<string>,
  settings: unknown,
): Statement[] {
  const uses = Object.entries(handler.uses ?? {}).flatMap(([use, { kind, verbs }]): Statement[] => {
    switch (kind) {
      case "table":
        return tableStatements(requireResource(name, use, "table", resources), verbs);
      case "bucket":
        return [allow("s3:PutObject", pulumi.interpolate`${requireResource(name, use, "bucket", resources).arn}/*`)];
      case "ledger":
        return [allow("dynamodb:UpdateItem", requireResource(name, use, "ledger", resources).ledger.arn)];
      case "topic":
        return publishStatements(topicArn);
      case "email":
        return isRecord(settings) && typeof settings["from"] === "string"
          ? emailStatements(settings["from"], settings["configurationSet"], topicArn)
          : [];
      case "sms":
        return sendsSms(handler, settings) ? smsStatements(topicArn) : [];
      case "https":
        return [];
    }
  });
  return emitsOf(handler) ? [...uses, ...outboxStatements(requireOutbox(name, resources).outbox, topicArn)] : uses;
}

/**
 * The IAM action behind each verb of a table. A transaction asks for the actions of its writes, not for one of its own
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html).
 */
const tableActions: Readonly<Record<keyof Ports["table"], string>> = {
  get: "dynamodb:GetItem",
  getMany: "dynamodb:BatchGetItem",
  query: "dynamodb:Query",
  put: "dynamodb:PutItem",
  update: "dynamodb:UpdateItem",
  remove: "dynamodb:DeleteItem",
  check: "dynamodb:ConditionCheckItem",
};

const allow = (Action: string | readonly string[], Resource: pulumi.Input<string | string[]>): Statement => ({
  Effect: "Allow",
  Action,
  Resource,
});

const isTableVerb = (verb: string): verb is keyof Ports["table"] => Object.hasOwn(tableActions, verb);

/** The statements for the verbs of a table; a query may also read the table's indexes. */
function tableStatements(table: aws.dynamodb.Table, verbs: readonly string[]): Statement[] {
  const actions = verbs.filter(isTableVerb).map((verb) => tableActions[verb]);
  const indexes = pulumi
    .all([table.arn, table.globalSecondaryIndexes])
    .apply(([arn, found]) => [arn, ...(found ?? []).map(({ name }) => `${arn}/index/${name}`)]);
  return [allow(actions, verbs.includes("query") ? indexes : table.arn)];
}

/** Putting an event into the outbox, taking its mark off, and publishing it. */
const outboxStatements = (outbox: aws.dynamodb.Table, topicArn: pulumi.Output<string>): Statement[] => [
  allow(["dynamodb:PutItem", "dynamodb:UpdateItem"], outbox.arn),
  ...publishStatements(topicArn),
];

const publishStatements = (topicArn: pulumi.Output<string>): Statement[] => [allow("sns:Publish", topicArn)];

/**
 * Sending from one address: by the identity of the address itself, of its domain, or of a domain above that one, whichever
 * is verified; and with the configuration set, which SES checks as well
 * (https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html). `arn` is any ARN of the stack, for the partition,
 * the region and the account in it.
 */
function emailStatements(from: string, configurationSet: unknown, arn: pulumi.Output<string>): Statement[] {
  const labels = from.slice(from.lastIndexOf("@") + 1).split(".");
  const domains = labels.slice(0, -1).map((_, index) => labels.slice(index).join("."));
  const resources = [
    ...[from, ...domains].map((identity) => `identity/${identity}`),
    ...(typeof configurationSet === "string" ? [`configuration-set/${configurationSet}`] : []),
  ];
  const arns = placeOf(arn).apply(({ partition, region, account }) =>
    resources.map((resource) => `arn:${partition}:ses:${region}:${account}:${resource}`),
  );
  return [allow("ses:SendEmail", arns)];
}

/** Whether a handler can send SMS, and its settings let it. */
export const sendsSms = ({ uses = {} }: Consumer | Route | Scheduled, settings: unknown): boolean =>
  Object.values(uses).some(({ kind }) => kind === "sms") && isRecord(settings) && settings["sms"] === true;

/** A phone number has no ARN: everything that has one is left out instead. `arn` is any of the stack, for the partition. */
const smsStatements = (arn: pulumi.Output<string>): Statement[] => [
  {
    Effect: "Allow",
    Action: "sns:Publish",
    NotResource: pulumi.interpolate`arn:${placeOf(arn).partition}:sns:*:*:*`,
  },
];

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
