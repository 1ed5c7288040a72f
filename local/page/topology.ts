import * as z from "zod";
import { roleNameOf } from "../iam/access.ts";
import type { Made } from "../reload/graph.ts";
import { parseJson } from "../shared/json.ts";
import { arn, arnMatches, referenceOf } from "../shared/names.ts";
import type { PageArgs } from "./args.ts";
import type { EdgeView, NodeKind, NodeView, Topology } from "./views.ts";

const Named = z.looseObject({ name: z.string().optional(), arn: z.string().optional(), bucket: z.string().optional() });
const FunctionInputs = z.object({
  role: z.string(),
  environment: z.object({ variables: z.record(z.string(), z.string()).default({}) }).optional(),
});
const Route = z.object({ routeKey: z.string(), target: z.string() });
const Integration = z.object({ integrationUri: z.string() });
const Subscription = z.object({ topic: z.string(), endpoint: z.string(), filterPolicy: z.string().optional() });
const Filter = z.object({ type: z.array(z.string()) });
const Mapping = z.object({ eventSourceArn: z.string(), functionName: z.string() });
const Schedule = z.object({ target: z.object({ arn: z.string() }) });
const RolePolicy = z.object({ role: z.string(), policy: z.unknown() });
const Texts = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const Statements = z.object({
  Statement: z.array(z.object({ Action: Texts, Resource: Texts.optional(), NotResource: Texts.optional() })),
});

const kinds: readonly (readonly [type: RegExp, kind: NodeKind])[] = [
  [/^aws:apigatewayv2\/api:/, "api"],
  [/^aws:lambda\/(callbackF|f)unction:/, "function"],
  [/^aws:dynamodb\/table:/, "table"],
  [/^aws:sns\/topic:/, "topic"],
  [/^aws:sqs\/queue:/, "queue"],
  [/^aws:s3\/bucket:/, "bucket"],
];

export const MAIL = "mail";
export const SMS = "sms";

/** The kind of node that a resource is, if it is one. */
export const kindOf = ({ type }: Pick<Made, "type">): NodeKind | undefined =>
  kinds.find(([pattern]) => pattern.test(type))?.[1];

/** The id of a resource's node: its ARN. */
export const nodeIdOf = (made: Made): string => {
  const { arn: own, bucket } = Named.parse(made.outputs);
  return own ?? (bucket === undefined ? (made.id ?? made.urn) : `arn:aws:s3:::${bucket}`);
};

/** What a node is called: a function as in its log lines, and anything else without the word for its kind. */
const labelOf = (made: Made, kind: NodeKind): string =>
  FunctionInputs.safeParse(made.inputs).data?.environment?.variables["NAME"]?.replace(/ .*\{\w+\}\//, " …/") ??
  made.name.replace(new RegExp(`-${kind}$`), "");

/** Draws the program as it was evaluated: what calls what follows from routes, subscriptions, mappings and policies. */
export function topologyOf({ program, hosts, settings }: Pick<PageArgs, "program" | "hosts" | "settings">): Topology {
  const made = [...program.graph.values()];
  const deadLetterQueues = new Set(
    made.flatMap(({ inputs }) => /"deadLetterTargetArn":\s*"([^"]+)"/.exec(String(inputs["redrivePolicy"]))?.[1] ?? []),
  );
  const nodes: NodeView[] = made.flatMap((one) => {
    const kind = kindOf(one);
    const id = nodeIdOf(one);
    if (kind === undefined || deadLetterQueues.has(id)) return [];
    const counted = kind === "function" || kind === "queue" ? (id.split(":").at(-1) ?? "") : undefined;
    return [{ id, kind, label: labelOf(one, kind), ...(counted && { counted }) }];
  });
  const functionArn = (reference: string): string =>
    arn("lambda", settings.region, `function:${referenceOf(reference).name}`);
  const edges: EdgeView[] = made.flatMap((one) => edgeOf(one, made, functionArn));
  const outside = new Map<string, NodeView>();
  for (const one of made.filter((resource) => kindOf(resource) === "function")) {
    const from = nodeIdOf(one);
    const name = from.split(":").at(-1) ?? "";
    const to = (id: string, kind: NodeKind, label: string, resource: string): void => {
      if (!nodes.some((node) => node.id === id)) outside.set(id, { id, kind, label });
      if (!edges.some((edge) => edge.from === from && edge.to === id))
        edges.push({ from, to: id, counted: `${name} ${resource}` });
    };
    const environment = JSON.stringify(one.inputs["environment"] ?? "");
    for (const host of Object.keys(hosts.list())) if (environment.includes(host)) to(host, "host", host, host);
    for (const { Action, Resource = [], NotResource } of statementsOf(one, made)) {
      if (Action.some((action) => action.startsWith("ses:"))) to(MAIL, "mail", "E-mail", MAIL);
      if (NotResource !== undefined && Action.includes("sns:Publish")) to(SMS, "sms", "SMS", SMS);
      for (const node of nodes.filter(({ kind }) => ["table", "topic", "bucket"].includes(kind)))
        if (Resource.some((pattern) => arnMatches(pattern, node.id) || pattern.startsWith(`${node.id}/`)))
          to(node.id, node.kind, node.label, node.id);
    }
  }
  for (const one of made.filter(({ type }) => type.startsWith("aws:scheduler/schedule:")))
    outside.set(one.urn, { id: one.urn, kind: "schedule", label: labelOf(one, "schedule") });
  const all = [...nodes, ...outside.values()];
  const there = new Set(all.map(({ id }) => id));
  const drawn = edges.filter(({ from, to }) => there.has(from) && there.has(to));
  const connected = new Set(drawn.flatMap(({ from, to }) => [from, to]));
  return { nodes: all.filter(({ id }) => connected.has(id)), edges: drawn };
}

function edgeOf(one: Made, made: readonly Made[], functionArn: (reference: string) => string): EdgeView[] {
  const counted = (id: string) => ({ counted: id.split(":").at(-1) ?? "" });
  if (one.type.startsWith("aws:apigatewayv2/route:")) {
    const { routeKey, target } = Route.parse(one.inputs);
    const integration = made.find(({ id, type }) => type.includes("/integration:") && target === `integrations/${id}`);
    const api = made.find((resource) => kindOf(resource) === "api");
    const { data } = Integration.safeParse(integration?.inputs);
    if (data === undefined || api === undefined) return [];
    const to = functionArn(data.integrationUri);
    return [{ from: nodeIdOf(api), to, label: routeKey, ...counted(to) }];
  }
  if (one.type.startsWith("aws:sns/topicSubscription:")) {
    const { topic: from, endpoint: to, filterPolicy = "" } = Subscription.parse(one.inputs);
    const label = Filter.safeParse(parseJson(filterPolicy)).data?.type.join(", ");
    return [{ from, to, ...(label !== undefined && { label }) }];
  }
  if (one.type.endsWith(":EventSourceMapping")) {
    const { eventSourceArn: from, functionName } = Mapping.parse(one.inputs);
    const to = functionArn(functionName);
    return [{ from, to, ...counted(to) }];
  }
  if (one.type.startsWith("aws:scheduler/schedule:")) {
    const to = functionArn(Schedule.parse(one.inputs).target.arn);
    return [{ from: one.urn, to, ...counted(to) }];
  }
  return [];
}

/** The statements of a function's role. */
export function statementsOf({ inputs }: Made, made: readonly Made[]): z.output<typeof Statements>["Statement"] {
  const role = roleNameOf(FunctionInputs.safeParse(inputs).data?.role ?? "");
  return made.flatMap((one) => {
    if (!one.type.startsWith("aws:iam/rolePolicy:")) return [];
    const policy = RolePolicy.parse(one.inputs);
    if (policy.role !== role) return [];
    const document = typeof policy.policy === "string" ? parseJson(policy.policy) : policy.policy;
    return Statements.safeParse(document).data?.Statement ?? [];
  });
}
