import * as pulumi from "@pulumi/pulumi";
import type * as aws from "@pulumi/aws";

/** A statement of an IAM policy. */
export interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource?: pulumi.Input<string | string[]>;
  readonly NotResource?: string;
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

export const policy = (statements: readonly Statement[]): pulumi.Output<string> =>
  pulumi.jsonStringify({ Version: "2012-10-17", Statement: statements });

/**
 * The IAM action behind each verb of a kind. A transaction asks for the actions of its writes, not for one of its own
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html).
 */
const tableActions: Readonly<Record<string, string>> = {
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

/** What the verbs of a table allow; a query may also read the table's indexes. */
export function tableStatements(table: aws.dynamodb.Table, verbs: readonly string[]): Statement[] {
  const actions = verbs.map((verb) => tableActions[verb] ?? `dynamodb:${verb}`);
  const indexes = pulumi
    .all([table.arn, table.globalSecondaryIndexes])
    .apply(([arn, found]) => [arn, ...(found ?? []).map(({ name }) => `${arn}/index/${name}`)]);
  return [allow(actions, verbs.includes("query") ? indexes : table.arn)];
}

/** Putting an event into the outbox, taking its mark off, and publishing it. */
export const outboxStatements = (orders: aws.dynamodb.Table, topicArn: pulumi.Output<string>): Statement[] => [
  allow(["dynamodb:PutItem", "dynamodb:UpdateItem"], orders.arn),
  ...publishStatements(topicArn),
];

export const publishStatements = (topicArn: pulumi.Output<string>): Statement[] => [allow("sns:Publish", topicArn)];

export const ledgerStatements = (table: aws.dynamodb.Table): Statement[] => [allow("dynamodb:UpdateItem", table.arn)];

export const bucketStatements = (bucket: aws.s3.Bucket): Statement[] => [
  allow("s3:PutObject", pulumi.interpolate`${bucket.arn}/*`),
];

/**
 * Sending from one address: by the identity of the address itself, or of its domain. `arn` is any ARN of the stack, for
 * the partition, the region and the account in it.
 */
export function emailStatements(from: string, arn: pulumi.Output<string>): Statement[] {
  const identities = arn.apply((sample) => {
    const [, partition, , region, account] = sample.split(":");
    const domain = from.slice(from.lastIndexOf("@") + 1);
    return [from, domain].map((identity) => `arn:${partition}:ses:${region}:${account}:identity/${identity}`);
  });
  return [allow("ses:SendEmail", identities)];
}

/** A phone number has no ARN: everything that has one is left out instead. */
export const smsStatements = (): Statement[] => [
  { Effect: "Allow", Action: "sns:Publish", NotResource: "arn:aws:sns:*:*:*" },
];
