import { behind, referringTo, textAt, type Graph, type GraphResource } from "../graph.ts";
import type { Rule } from "../rule.ts";
import {
  FUNCTION,
  INTEGRATION,
  MAPPING,
  PERMISSION,
  QUEUE,
  QUEUE_POLICY,
  ROLE,
  ROLE_POLICY,
  ROUTE,
  SUBSCRIPTION,
} from "../types.ts";
import { functionBehind } from "./consumer.ts";

const DEPENDS_ON = "https://www.pulumi.com/docs/iac/concepts/resources/options/dependson/";

/** The names of those that a resource does not wait for. */
const unwaited = ({ dependsOn }: GraphResource, needed: readonly GraphResource[]): string[] =>
  needed.filter(({ urn }) => !dependsOn.includes(urn)).map(({ name }) => name);

const saying = (names: readonly string[]): string | undefined =>
  names.length === 0 ? undefined : `it does not wait for ${names.join(" and ")}`;

const rolePoliciesOf = (graph: Graph, lambda: GraphResource | undefined): GraphResource[] =>
  (lambda ? behind(graph, lambda, "role", ROLE) : []).flatMap((role) => referringTo(graph, role, ROLE_POLICY, "role"));

export const orderRules: readonly Rule[] = [
  {
    id: "mapping-after-policy",
    row: 16,
    title: "A mapping is made after its function's role has its policy.",
    fix: "Let the mapping depend on the RolePolicy: Lambda refuses a mapping whose role may not receive",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    of: [MAPPING],
    judge: (mapping, graph) =>
      saying(unwaited(mapping, rolePoliciesOf(graph, functionBehind(graph, mapping, "functionName")))),
  },
  {
    id: "function-after-policy",
    row: 16,
    title: "A function is made after its role has its policy.",
    fix: "Let the function depend on the RolePolicy: it may be invoked before",
    page: DEPENDS_ON,
    of: [FUNCTION],
    judge: (lambda, graph) => saying(unwaited(lambda, rolePoliciesOf(graph, lambda))),
  },
  {
    id: "subscription-after-policies",
    row: 16,
    title: "A subscription is made after the policies of its queue and its dead-letter queue.",
    fix: "Let the subscription depend on both QueuePolicies: SNS drops what a queue does not admit yet",
    page: "https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html",
    of: [SUBSCRIPTION],
    judge: (subscription, graph) => {
      if (textAt(subscription, "protocol") !== "sqs") return undefined;
      const queues = ["endpoint", "redrivePolicy"].flatMap((key) => behind(graph, subscription, key, QUEUE));
      const policies = queues.flatMap((queue) => referringTo(graph, queue, QUEUE_POLICY, "queueUrl"));
      return saying(unwaited(subscription, policies));
    },
  },
  {
    id: "route-after-permission",
    row: 16,
    title: "A route is made after the API may invoke its function.",
    fix: "Let the route depend on the Permission: its first requests would get 500",
    page: "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html",
    of: [ROUTE],
    judge: (route, graph) => {
      const [integration] = behind(graph, route, "target", INTEGRATION);
      const lambda = integration && functionBehind(graph, integration, "integrationUri");
      const permissions = graph.filter(
        (one) => one.type === PERMISSION && lambda && functionBehind(graph, one, "function")?.urn === lambda.urn,
      );
      return permissions.length === 0 ? "its function may not be invoked" : saying(unwaited(route, permissions));
    },
  },
];
