import {
  at,
  behind,
  isRecord,
  listAt,
  numberAt,
  ofType,
  referringTo,
  textAt,
  type Graph,
  type GraphResource,
} from "../graph.ts";
import type { Rule } from "../rule.ts";
import {
  ALIAS,
  FUNCTION,
  INTEGRATION,
  INVOKE_CONFIG,
  LOG_GROUP,
  MAPPING,
  NAT_GATEWAY,
  PERMISSION,
  SCHEDULE,
  SECURITY_GROUP,
  VPC,
} from "../types.ts";
import { functionBehind } from "./consumer.ts";

const ALIASES = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html";

/** The input by which a resource says which function it invokes, by the resource's type. */
const INVOKES: Readonly<Record<string, string>> = {
  [MAPPING]: "functionName",
  [INTEGRATION]: "integrationUri",
  [SCHEDULE]: "target",
  [PERMISSION]: "qualifier",
  [INVOKE_CONFIG]: "qualifier",
};

/** Whether a VPC has a NAT gateway: by its own strategy, or by the gateways made for it. */
const hasNat = (graph: Graph, vpc: GraphResource): boolean =>
  ["Single", "OnePerAz"].includes(textAt(vpc, "natGateways", "strategy")) ||
  ofType(graph, NAT_GATEWAY).some(({ urn }) => urn.includes(`${VPC}$`));

/** Whether a security group lets HTTPS out to everywhere. */
const letsHttpsOut = (group: GraphResource): boolean =>
  listAt(group, "egress").some(
    (rule) =>
      isRecord(rule) &&
      Array.isArray(rule["cidrBlocks"]) &&
      rule["cidrBlocks"].includes("0.0.0.0/0") &&
      (rule["protocol"] === "-1" || (Number(rule["fromPort"]) <= 443 && Number(rule["toPort"]) >= 443)),
  );

export const functionRules: readonly Rule[] = [
  {
    id: "function-runtime",
    row: 9,
    title: "Every function runs on nodejs24.x and arm64.",
    fix: "Set runtime to nodejs24.x and architectures to arm64: the newest of Node's lines, at the lower price",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html",
    of: [FUNCTION],
    judge: (lambda) => {
      const [runtime, architectures] = [textAt(lambda, "runtime"), listAt(lambda, "architectures").join()];
      return runtime === "nodejs24.x" && architectures === "arm64" ? undefined : `it is ${runtime} on ${architectures}`;
    },
  },
  {
    id: "function-has-timeout",
    row: 9,
    title: "Every function has a timeout of its own.",
    fix: "Set timeout: Lambda's default is 3 s",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html",
    of: [FUNCTION],
    judge: (lambda) => (numberAt(lambda, "timeout") === undefined ? "there is no timeout" : undefined),
  },
  {
    id: "function-has-memory",
    row: 9,
    title: "Every function has a memory size of its own.",
    fix: "Set memorySize: Lambda's default is 128 MB, with as little of a processor",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html",
    of: [FUNCTION],
    judge: (lambda) => (numberAt(lambda, "memorySize") === undefined ? "there is no memory size" : undefined),
  },
  {
    id: "function-has-log-group",
    row: 9,
    title: "Every function logs to a group of the stack.",
    fix: "Name a LogGroup in loggingConfig: Lambda makes one itself that is kept for ever",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html",
    of: [FUNCTION],
    judge: (lambda, graph) =>
      behind(graph, lambda, "loggingConfig", LOG_GROUP).length === 1
        ? undefined
        : "its log group is none of the stack's",
  },
  {
    id: "logs-end",
    row: 9,
    title: "Every log group forgets.",
    fix: "Set retentionInDays",
    page: "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
    of: [LOG_GROUP],
    judge: (group) => ((numberAt(group, "retentionInDays") ?? 0) > 0 ? undefined : "it keeps its lines for ever"),
  },
  {
    id: "api-function-answers-in-time",
    row: 9,
    title: "A function behind the API ends within the 30 s after which the API gives up.",
    fix: "Set the function's timeout under 30 s, and payloadFormatVersion 2.0",
    page: "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html",
    of: [INTEGRATION],
    judge: (integration, graph) => {
      const lambda = functionBehind(graph, integration, "integrationUri");
      const timeout = lambda && numberAt(lambda, "timeout");
      const format = textAt(integration, "payloadFormatVersion");
      if (timeout === undefined || timeout >= 30) return `its function's timeout is ${timeout} s`;
      return format === "2.0" ? undefined : `payloadFormatVersion is ${format}`;
    },
  },
  {
    id: "function-is-published",
    row: 9,
    title: "Every function publishes its versions, and has one alias for the one in use.",
    fix: "Set publish, and make one alias: a version that fails can then be left",
    page: ALIASES,
    of: [FUNCTION],
    judge: (lambda, graph) => {
      const aliases = referringTo(graph, lambda, ALIAS, "functionName");
      if (at(lambda, "publish") !== true) return "publish is not set";
      return aliases.length === 1 ? undefined : `it has ${aliases.length} aliases`;
    },
  },
  {
    id: "invoked-by-alias",
    row: 9,
    title: "Whatever invokes a function names its alias.",
    fix: "Name the alias, not the function: $LATEST may be half deployed",
    page: ALIASES,
    of: Object.keys(INVOKES),
    judge: (resource, graph) =>
      behind(graph, resource, INVOKES[resource.type] ?? "", ALIAS).length === 1 ? undefined : "it names no alias",
  },
  {
    id: "no-secret-in-environment",
    row: 15,
    title: "No function has a secret in its environment, where whoever may look at the function reads it.",
    fix: "Keep it in SSM or Secrets Manager and read it at run time",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html",
    of: [FUNCTION],
    judge: (lambda) => {
      const variables = at(lambda, "environment", "variables");
      const names = isRecord(variables) ? Object.keys(variables) : [];
      const values = names.filter((name) => looksSecret(at(lambda, "environment", "variables", name)));
      const secret = names.filter(
        (name) => /secret|token|passw|api_?key|credential/i.test(name) || values.includes(name),
      );
      return secret.length === 0 ? undefined : `${secret.join(", ")} looks like a secret`;
    },
  },
  {
    id: "function-has-a-way-out",
    row: 17,
    title: "A function inside a VPC reaches the hosts outside: a NAT gateway, and HTTPS out.",
    fix: "Give the VPC NAT gateways, and its security group egress to port 443",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html",
    of: [FUNCTION],
    judge: (lambda, graph) => {
      if (lambda.references["vpcConfig"] === undefined && at(lambda, "vpcConfig", "subnetIds") === undefined)
        return undefined;
      const groups = behind(graph, lambda, "vpcConfig", SECURITY_GROUP);
      if (!groups.some(letsHttpsOut)) return "no security group lets HTTPS out";
      return behind(graph, lambda, "vpcConfig", VPC).some((vpc) => hasNat(graph, vpc))
        ? undefined
        : "there is no NAT gateway";
    },
  },
  {
    id: "nothing-comes-in",
    row: 17,
    title: "No security group lets anything in, and each says what it is for.",
    fix: "Take the ingress out: Lambda calls its functions without it",
    page: "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html",
    of: [SECURITY_GROUP],
    judge: (group) => {
      if (listAt(group, "ingress").length > 0) return "it has ingress";
      const described = textAt(group, "description");
      return described !== "" && described !== "Managed by Pulumi" ? undefined : "it has no description";
    },
  },
];

/** Shapes of keys that are given out: AWS's, GitHub's, Stripe's, and PEM. */
const looksSecret = (value: unknown): boolean =>
  typeof value === "string" &&
  /\b(AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[posu]_\w{36}|\b[rs]k_(live|test)_\w+|-----BEGIN [A-Z ]*PRIVATE KEY/.test(value);
