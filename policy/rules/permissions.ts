import {
  behind,
  isRecord,
  listAt,
  ofType,
  referringTo,
  statementsOf,
  variableAt,
  type Graph,
  type GraphResource,
  type Statement,
} from "../graph.ts";
import type { Rule } from "../rule.ts";
import { ATTACHMENT, FUNCTION, ROLE, ROLE_POLICY } from "../types.ts";

const LEAST = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege";
const LAMBDA_ROLE = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html";

/** The functions that run under the role of a policy. */
const functionsOf = (graph: Graph, policy: GraphResource): GraphResource[] =>
  behind(graph, policy, "role", ROLE).flatMap((role) => referringTo(graph, role, FUNCTION, "role"));

/** Whether the function's settings turn SMS on. */
function sendsSms(lambda: GraphResource): boolean {
  const settings: unknown = JSON.parse(variableAt(lambda, "SETTINGS") ?? "null");
  return isRecord(settings) && settings["sms"] === true;
}

/** The statements that cannot be narrower, by name; each with AWS's page. */
const exceptions: Readonly<
  Record<string, (statement: Statement, functions: () => readonly GraphResource[]) => boolean>
> = {
  // A group's streams have no names yet: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
  "a log group's streams": ({ actions, resources }) =>
    actions.every((action) => /^logs:(CreateLogStream|PutLogEvents)$/.test(action)) && resources.every(endsInStar),
  // An object's name is its content's hash: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security_iam_service-with-iam.html
  "a bucket's objects": ({ actions, resources }) =>
    actions.join() === "s3:PutObject" && resources.every((arn) => endsInStar(arn) && arn !== "*"),
  // https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
  "network interfaces": ({ actions, notResources }, functions) =>
    notResources.length === 0 &&
    actions.every((action) => NETWORK_INTERFACES.test(action)) &&
    functions().some(({ references }) => references["vpcConfig"] !== undefined),
  // A phone number has no ARN: https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-phone.html
  "SMS, where they are on": ({ actions, resources, notResources }, functions) =>
    actions.join() === "sns:Publish" &&
    resources.length === 0 &&
    /^arn:[\w-]+:sns:\*:\*:\*$/.test(notResources.join()) &&
    functions().some(sendsSms),
  // https://docs.aws.amazon.com/xray/latest/devguide/security_iam_id-based-policy-examples.html
  "X-Ray": ({ actions, resources }) =>
    actions.every((action) => /^xray:Put(TraceSegments|TelemetryRecords)$/.test(action)) && resources.join() === "*",
};

const NETWORK_INTERFACES =
  /^ec2:(Describe(NetworkInterfaces|Subnets)|(Create|Delete)NetworkInterface|(Assign|Unassign)PrivateIpAddresses)$/;

const endsInStar = (arn: string): boolean => arn.indexOf("*") === arn.length - 1;

const isWide = ({ actions, resources, notResources }: Statement): boolean =>
  notResources.length > 0 || [...actions, ...resources].some((text) => text.includes("*"));

export const permissionRules: readonly Rule[] = [
  {
    id: "no-star",
    row: 8,
    title: `No policy of a role has a * in an action, nor in a resource but ${Object.keys(exceptions).join("; ")}.`,
    fix: "Name each action and each resource",
    page: LEAST,
    of: [ROLE_POLICY],
    judge: (policy, graph) => {
      const wide = statementsOf(policy).filter(
        (statement) =>
          isWide(statement) &&
          !Object.values(exceptions).some((excuses) => excuses(statement, () => functionsOf(graph, policy))),
      );
      return wide.length === 0
        ? undefined
        : wide
            .map(({ actions, resources, notResources }) =>
              [
                actions.join(", "),
                ...(notResources.length > 0 ? ["on all but"] : ["on"]),
                [...resources, ...notResources].join(", "),
              ].join(" "),
            )
            .join("; ");
    },
  },
  {
    id: "roles-only-allow",
    row: 8,
    title: "A role's policy has nothing but plain statements that allow: actions and resources, no principal.",
    fix: "Write one Allow for each thing that the function does, and deny nothing: what no statement allows is denied",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
    of: [ROLE_POLICY],
    judge: (policy) => {
      const statements = statementsOf(policy);
      const others = statements.filter(
        ({ effect, principal, actions, resources, notResources }) =>
          effect !== "Allow" ||
          principal !== undefined ||
          actions.length === 0 ||
          resources.length + notResources.length === 0,
      );
      if (statements.length === 0) return "it has no statement";
      return others.length === 0 ? undefined : `${others.length} of ${statements.length} statements are something else`;
    },
  },
  {
    id: "one-role-per-function",
    row: 8,
    title: "Every function has a role of its own.",
    fix: "Give each function its own role, or each may do what the other may",
    page: LAMBDA_ROLE,
    of: [FUNCTION],
    judge: (lambda, graph) => {
      const [role] = behind(graph, lambda, "role", ROLE);
      if (role === undefined) return "its role is none of the stack's";
      const others = referringTo(graph, role, FUNCTION, "role").filter(({ urn }) => urn !== lambda.urn);
      return others.length === 0
        ? undefined
        : `it shares ${role.name} with ${others.map(({ name }) => name).join(", ")}`;
    },
  },
  {
    id: "one-policy-per-role",
    row: 8,
    title: "Every role has one policy, in which all that it may do stands.",
    fix: "Put all statements into one RolePolicy",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html",
    of: [ROLE],
    judge: (role, graph) => {
      const { length } = referringTo(graph, role, ROLE_POLICY, "role");
      return length === 1 ? undefined : `it has ${length}`;
    },
  },
  {
    id: "no-managed-policy",
    row: 8,
    title: "No role has a managed policy: AWS's are wider than any function needs, and change.",
    fix: "Take the managed policy out, and allow in the role's own policy what is needed",
    page: LEAST,
    of: [ROLE, ATTACHMENT],
    judge: (resource) => {
      if (resource.type === ATTACHMENT) return "it attaches a managed policy";
      const managed = listAt(resource, "managedPolicyArns");
      return managed.length === 0 ? undefined : `it has ${managed.map(String).join(", ")}`;
    },
  },
  {
    id: "role-has-one-service",
    row: 8,
    title: "Every role is assumed by one service alone; by Scheduler only on behalf of the account.",
    fix: "Allow sts:AssumeRole to one service, and to scheduler.amazonaws.com with StringEquals aws:SourceAccount",
    page: "https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html",
    of: [ROLE],
    judge: (role, graph) => {
      const [trust, ...more] = statementsOf(role, "assumeRolePolicy");
      const runsFunction = ofType(graph, FUNCTION).some(({ references }) => references["role"]?.includes(role.urn));
      const service = runsFunction ? "lambda.amazonaws.com" : "scheduler.amazonaws.com";
      const scoped = runsFunction || JSON.stringify(trust?.condition ?? {}).includes('"aws:SourceAccount"');
      const trusts =
        trust?.effect === "Allow" &&
        trust.actions.join() === "sts:AssumeRole" &&
        JSON.stringify(trust.principal) === JSON.stringify({ Service: service });
      return trusts && scoped && more.length === 0 ? undefined : `it is not for ${service} alone`;
    },
  },
];
