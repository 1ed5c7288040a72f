import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Consumer, Route, Scheduled } from "../runtime/index.ts";
import { actionsOf, emitActions } from "./port-actions.ts";
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

/** Actions on a resource. */
interface Grant {
  readonly actions: readonly string[];
  readonly on: { readonly Resource: pulumi.Input<string | string[]> } | { readonly NotResource: pulumi.Input<string> };
  /** What is the same for all grants on one resource. Default each by itself. */
  readonly of?: object;
}

/** Everything that a definition's uses and emits allow its function: one statement for each resource. */
export function statementsOfUses(
  name: string,
  handler: Consumer | Route | Scheduled,
  resources: Readonly<Record<string, Resource>>,
  topicArn: pulumi.Output<string>,
  settings: unknown,
): Statement[] {
  const uses = Object.entries(handler.uses ?? {}).flatMap(([use, { kind, verbs }]): Grant[] => {
    const actions = actionsOf(kind, verbs);
    switch (kind) {
      case "table":
        return tableGrants(name, use, requireResource(name, use, "table", resources), verbs);
      case "bucket": {
        const { arn } = requireResource(name, use, "bucket", resources);
        return [{ actions, on: { Resource: pulumi.interpolate`${arn}/*` } }];
      }
      case "ledger":
        return [onTable(requireResource(name, use, "ledger", resources).ledger, actions)];
      case "topic":
        return [{ actions, on: { Resource: topicArn }, of: topicArn }];
      case "email":
        return isRecord(settings) && typeof settings["from"] === "string"
          ? [{ actions, on: { Resource: identities(settings["from"], settings["configurationSet"], topicArn) } }]
          : [];
      case "sms":
        return sendsSms(handler, settings) ? [{ actions, on: { NotResource: everyTopic(topicArn) } }] : [];
      case "secret":
        return resources[use]
          ? [{ actions, on: { Resource: requireResource(name, use, "secret", resources).arn } }]
          : [];
      case "https":
        return [];
    }
  });
  if (!emitsOf(handler)) return statementsOf(uses);
  return statementsOf([
    ...uses,
    onTable(requireOutbox(name, resources).outbox, emitActions.outbox),
    { actions: emitActions.topic, on: { Resource: topicArn }, of: topicArn },
  ]);
}

/** One statement for each resource: an action that two grants give stands there once, and is gone when it is taken out. */
function statementsOf(grants: readonly Grant[]): Statement[] {
  const byResource = Map.groupBy(grants, ({ of, on }) => of ?? on);
  return [...byResource.values()].flatMap((group) => {
    const actions = [...new Set(group.flatMap((grant) => grant.actions))];
    const [first] = group;
    return first && actions.length > 0 ? [{ Effect: "Allow" as const, Action: single(actions), ...first.on }] : [];
  });
}

const single = (actions: readonly string[]) =>
  actions.length === 1 && actions[0] !== undefined ? actions[0] : actions;

const allow = (Action: string | readonly string[], Resource: pulumi.Input<string | string[]>): Statement => ({
  Effect: "Allow",
  Action,
  Resource,
});

const onTable = (table: aws.dynamodb.Table, actions: readonly string[]): Grant => ({
  actions,
  on: { Resource: table.arn },
  of: table,
});

/** The grants of a table's verbs: a query of an index asks for the index, and for the table not at all. */
function tableGrants(name: string, use: string, table: aws.dynamodb.Table, verbs: readonly string[]): Grant[] {
  const own = onTable(
    table,
    actionsOf(
      "table",
      verbs.filter((verb) => verb !== "queryIndex"),
    ),
  );
  if (!verbs.includes("queryIndex")) return [own];
  const indexes = pulumi.all([table.arn, table.globalSecondaryIndexes]).apply(([arn, found = []]) => {
    if (found.length > 0) return found.map((index) => `${arn}/index/${index.name}`);
    throw new Error(
      `HandlerFunction "${name}": "${use}" is queried by an index and has none. Give the table one, or use \`query\`.`,
    );
  });
  return [own, { actions: actionsOf("table", ["queryIndex"]), on: { Resource: indexes } }];
}

/**
 * Sending from one address: by the identity of the address itself, of its domain, or of a domain above that one, whichever
 * is verified; and with the configuration set, which SES checks as well
 * (https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html). `arn` is any ARN of the stack, for the partition,
 * the region and the account in it.
 */
function identities(from: string, configurationSet: unknown, arn: pulumi.Output<string>): pulumi.Output<string[]> {
  const labels = from.slice(from.lastIndexOf("@") + 1).split(".");
  const domains = labels.slice(0, -1).map((_, index) => labels.slice(index).join("."));
  const resources = [
    ...[from, ...domains].map((identity) => `identity/${identity}`),
    ...(typeof configurationSet === "string" ? [`configuration-set/${configurationSet}`] : []),
  ];
  return placeOf(arn).apply(({ partition, region, account }) =>
    resources.map((resource) => `arn:${partition}:ses:${region}:${account}:${resource}`),
  );
}

/** Whether a handler can send SMS, and its settings let it. */
export const sendsSms = ({ uses = {} }: Consumer | Route | Scheduled, settings: unknown): boolean =>
  Object.values(uses).some(({ kind }) => kind === "sms") && isRecord(settings) && settings["sms"] === true;

/** A phone number has no ARN: everything that has one is left out instead. `arn` is any of the stack, for the partition. */
const everyTopic = (arn: pulumi.Output<string>) => pulumi.interpolate`arn:${placeOf(arn).partition}:sns:*:*:*`;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
