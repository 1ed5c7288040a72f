import {
  at,
  behind,
  isCondition,
  isRecord,
  jsonAt,
  ofType,
  referringTo,
  statementsOn,
  textAt,
  type Graph,
  type GraphResource,
  type Statement,
} from "../graph.ts";
import type { Rule } from "../rule.ts";
import { QUEUE, QUEUE_POLICY, SUBSCRIPTION, TOPIC, TOPIC_POLICY } from "../types.ts";

const RAW = "https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html";
const TO_SQS = "https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html";

/** People may be subscribed to the alarms. */
const ofQueue = (subscription: GraphResource): boolean => textAt(subscription, "protocol") === "sqs";

/** Whether a statement refuses an action to everybody who comes without TLS. */
export const deniesPlainHttp = ({ effect, principal, actions, condition }: Statement, action: string): boolean =>
  effect === "Deny" &&
  (principal === "*" || JSON.stringify(principal) === '{"AWS":"*"}') &&
  actions.includes(action) &&
  isCondition(condition, "Bool", "aws:SecureTransport", "false");

/** Whether a statement lets SNS send to a queue for a topic, and for no other. */
const admits = (
  { effect, principal, actions, resources, condition }: Statement,
  queue: GraphResource,
  topic: GraphResource,
): boolean =>
  effect === "Allow" &&
  JSON.stringify(principal) === '{"Service":"sns.amazonaws.com"}' &&
  actions.join() === "sqs:SendMessage" &&
  resources.join() === textAt(queue, "arn") &&
  isCondition(condition, "ArnEquals", "aws:SourceArn", textAt(topic, "arn"));

const policiesOf = (graph: Graph, queue: GraphResource): Statement[] =>
  statementsOn(graph, queue, QUEUE_POLICY, "queueUrl");

/** A rule over the subscriptions of queues alone. */
const ofSubscriptions = (
  rule: Omit<Rule, "of" | "judge">,
  judge: (subscription: GraphResource, graph: Graph) => string | undefined,
): Rule => ({
  ...rule,
  of: [SUBSCRIPTION],
  judge: (subscription, graph) => (ofQueue(subscription) ? judge(subscription, graph) : undefined),
});

export const deliveryRules: readonly Rule[] = [
  ofSubscriptions(
    {
      id: "raw-delivery",
      row: 5,
      title: "Every subscription of a queue has raw delivery.",
      fix: "Set rawMessageDelivery, or each record is an envelope that no handler reads",
      page: RAW,
    },
    (subscription) => (at(subscription, "rawMessageDelivery") === true ? undefined : "rawMessageDelivery is not set"),
  ),
  ofSubscriptions(
    {
      id: "subscription-has-filter",
      row: 5,
      title: "Every subscription of a queue lets through the types of events that its filter policy names.",
      fix: "Set filterPolicy to the types in the handler's `on`, or the consumer gets every event",
      page: "https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html",
    },
    (subscription) => {
      const filter = jsonAt(subscription, "filterPolicy");
      const types = isRecord(filter) ? filter["type"] : undefined;
      return Array.isArray(types) && types.length > 0 ? undefined : "the filter policy names no type";
    },
  ),
  ofSubscriptions(
    {
      id: "filter-is-small",
      row: 5,
      title: "A filter policy names at most 5 attributes and 150 combinations of values.",
      fix: "Name fewer: SNS refuses the policy",
      page: "https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html",
    },
    (subscription) => {
      const filter = jsonAt(subscription, "filterPolicy");
      const values = isRecord(filter) ? Object.values(filter) : [];
      const combinations = values.reduce<number>((all, one) => all * (Array.isArray(one) ? one.length : 1), 1);
      return values.length <= 5 && combinations <= 150
        ? undefined
        : `it names ${values.length} attributes and ${combinations} combinations`;
    },
  ),
  ofSubscriptions(
    {
      id: "subscription-has-dead-letters",
      row: 5,
      title: "Every subscription of a queue has a dead-letter queue.",
      fix: "Set redrivePolicy, or SNS drops what it cannot deliver",
      page: "https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html",
    },
    (subscription, graph) =>
      behind(graph, subscription, "redrivePolicy", QUEUE).length === 1 ? undefined : "there is no dead-letter queue",
  ),
  ofSubscriptions(
    {
      id: "queue-admits-its-topic",
      row: 6,
      title: "The queue and the dead-letter queue of every subscription admit its topic.",
      fix: "Allow sns.amazonaws.com sqs:SendMessage on the queue where ArnEquals aws:SourceArn is the topic, or nothing arrives",
      page: TO_SQS,
    },
    (subscription, graph) => {
      const [topic] = behind(graph, subscription, "topic", TOPIC);
      const queues = ["endpoint", "redrivePolicy"].flatMap((key) => behind(graph, subscription, key, QUEUE));
      const shut = queues.filter(
        (queue) => topic && !policiesOf(graph, queue).some((statement) => admits(statement, queue, topic)),
      );
      return shut.length === 0 ? undefined : `${shut.map(({ name }) => name).join(" and ")} does not admit the topic`;
    },
  ),
  {
    id: "queue-has-one-policy",
    row: 6,
    title: "Every queue has one policy: a second one would replace the first.",
    fix: "Put all statements into one QueuePolicy",
    page: TO_SQS,
    of: [QUEUE],
    judge: (queue, graph) => {
      const { length } = referringTo(graph, queue, QUEUE_POLICY, "queueUrl");
      return length === 1 ? undefined : `there are ${length}`;
    },
  },
  {
    id: "queue-admits-nobody-else",
    row: 6,
    title: "A queue's policy allows SNS alone, for a topic of the stack.",
    fix: "Take the statement out, or scope it by ArnEquals aws:SourceArn: anybody's topic could send here",
    page: TO_SQS,
    of: [QUEUE],
    judge: (queue, graph) => {
      const topics = ofType(graph, TOPIC);
      const wide = policiesOf(graph, queue).filter(
        (statement) => statement.effect === "Allow" && !topics.some((topic) => admits(statement, queue, topic)),
      );
      return wide.length === 0 ? undefined : `it allows ${wide.flatMap(({ actions }) => actions).join(", ")} to others`;
    },
  },
  {
    id: "queue-denies-plain-http",
    row: 6,
    title: "A queue's policy denies everything that does not come over TLS.",
    fix: "Deny everybody sqs:* where aws:SecureTransport is false",
    page: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html",
    of: [QUEUE],
    judge: (queue, graph) =>
      policiesOf(graph, queue).some((statement) => deniesPlainHttp(statement, "sqs:*"))
        ? undefined
        : "plain HTTP is not denied",
  },
  {
    id: "topic-denies-plain-http",
    row: 6,
    title: "A topic's policy denies sns:Publish without TLS.",
    fix: "Deny everybody sns:Publish where aws:SecureTransport is false",
    page: "https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html",
    of: [TOPIC],
    judge: (topic, graph) => {
      const statements = statementsOn(graph, topic, TOPIC_POLICY, "arn");
      return statements.some((statement) => deniesPlainHttp(statement, "sns:Publish"))
        ? undefined
        : "publishing over plain HTTP is not denied";
    },
  },
  {
    id: "topic-allows-services-alone",
    row: 6,
    title: "A topic's policy allows services on behalf of the account alone; publishers are allowed by their roles.",
    fix: "Allow publishers by their role's policy, and a service with StringEquals aws:SourceAccount",
    page: "https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html",
    of: [TOPIC],
    judge: (topic, graph) => {
      const statements = statementsOn(graph, topic, TOPIC_POLICY, "arn");
      const wide = statements.filter(
        ({ effect, principal, condition }) =>
          effect === "Allow" &&
          !(
            isRecord(principal) &&
            "Service" in principal &&
            JSON.stringify(condition)?.includes('"aws:SourceAccount"')
          ),
      );
      return wide.length === 0 ? undefined : `it allows ${wide.flatMap(({ actions }) => actions).join(", ")} to others`;
    },
  },
];
