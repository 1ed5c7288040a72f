// Made of policy/ by `npm run policy`. Edit the rules there.
"use strict";

// policy/pack-entry.ts
var import_policy = require("@pulumi/policy");

// policy/graph.ts
var UNKNOWN = /* @__PURE__ */ Symbol("unknown");
var UnknownValue = class extends Error {
};
var STACK = "pulumi:pulumi:Stack";
var ofType = (graph, type) => graph.filter((resource) => resource.type === type);
var behind = (graph, { references }, key, type) => ofType(graph, type).filter(({ urn }) => references[key]?.includes(urn));
var referringTo = (graph, { urn }, type, key) => ofType(graph, type).filter(({ references }) => references[key]?.includes(urn));
function componentOf(graph, resource) {
  const parent = graph.find(({ urn }) => urn === resource.parent);
  return parent === void 0 || parent.type === STACK ? resource : componentOf(graph, parent);
}
function at(resource, ...path) {
  return path.reduce((value, key) => {
    const inner = isRecord(value) ? value[key] : void 0;
    if (inner === UNKNOWN) throw new UnknownValue(path.join("."));
    return inner === null ? void 0 : inner;
  }, resource.props);
}
var textAt = (resource, ...path) => {
  const value = at(resource, ...path);
  return typeof value === "string" ? value : "";
};
var numberAt = (resource, ...path) => {
  const value = at(resource, ...path);
  return typeof value === "number" ? value : void 0;
};
var listAt = (resource, ...path) => {
  const value = at(resource, ...path);
  return Array.isArray(value) ? Array.from(value, (item) => item) : [];
};
var jsonAt = (resource, ...path) => {
  const text = textAt(resource, ...path);
  try {
    const parsed = JSON.parse(text);
    return parsed;
  } catch {
    return void 0;
  }
};
var variableAt = (resource, name) => {
  const value = at(resource, "environment", "variables", name);
  return typeof value === "string" ? value : void 0;
};
function statementsOf(resource, key = "policy") {
  const document = jsonAt(resource, key);
  const statements = isRecord(document) ? oneOrMore(document["Statement"]) : [];
  return statements.filter(isRecord).map((statement) => ({
    effect: statement["Effect"],
    principal: statement["Principal"],
    actions: texts(statement["Action"]),
    resources: texts(statement["Resource"]),
    notResources: texts(statement["NotResource"]),
    condition: statement["Condition"]
  }));
}
var statementsOn = (graph, resource, type, key) => referringTo(graph, resource, type, key).flatMap((policy) => statementsOf(policy));
function isCondition(condition, operator, key, value) {
  return JSON.stringify(condition) === JSON.stringify({ [operator]: { [key]: value } });
}
var isRecord = (value) => typeof value === "object" && value !== null;
var oneOrMore = (value) => Array.isArray(value) ? Array.from(value, (item) => item) : value === void 0 ? [] : [value];
var texts = (value) => oneOrMore(value).map(String);

// policy/rule.ts
function settingsOf(graph) {
  const [stack] = ofType(graph, STACK);
  if (stack === void 0 || at(stack, "policy") === void 0) throw new Error("the stack has no output `policy`");
  const outages = at(stack, "policy", "survivesOutageMinutes");
  const entries = isRecord(outages) ? Object.entries(outages) : [];
  return {
    production: at(stack, "policy", "production") === true,
    outageMinutes: Object.fromEntries(entries.map(([name, minutes]) => [name, Number(minutes)]))
  };
}
function findingsOf(rule, graph, settings) {
  if (rule.productionOnly && !settings.production) return [];
  return judged(rule, graph).flatMap((resource) => {
    const wrong = known(() => rule.judge(resource, graph, settings));
    return wrong === void 0 ? [] : [{ resource: resource.urn, rule: rule.id, fix: `${wrong}. ${rule.fix}` }];
  });
}
var judged = (rule, graph) => graph.filter(({ type }) => rule.of.includes(type));
function known(judge) {
  try {
    return judge();
  } catch (error) {
    if (error instanceof UnknownValue) return void 0;
    throw error;
  }
}

// policy/types.ts
var API = "aws:apigatewayv2/api:Api";
var AUTHORIZER = "aws:apigatewayv2/authorizer:Authorizer";
var ROUTE = "aws:apigatewayv2/route:Route";
var STAGE = "aws:apigatewayv2/stage:Stage";
var INTEGRATION = "aws:apigatewayv2/integration:Integration";
var ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";
var LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup";
var TABLE = "aws:dynamodb/table:Table";
var SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup";
var NAT_GATEWAY = "aws:ec2/natGateway:NatGateway";
var VPC = "awsx:ec2:Vpc";
var ROLE = "aws:iam/role:Role";
var ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy";
var ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment";
var KEY = "aws:kms/key:Key";
var ALIAS = "aws:lambda/alias:Alias";
var FUNCTION = "aws:lambda/function:Function";
var MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping";
var INVOKE_CONFIG = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig";
var PERMISSION = "aws:lambda/permission:Permission";
var SCHEDULE = "aws:scheduler/schedule:Schedule";
var BUCKET = "aws:s3/bucket:Bucket";
var BUCKET_ACCESS = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock";
var BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy";
var BUCKET_LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration";
var TOPIC = "aws:sns/topic:Topic";
var TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy";
var SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription";
var QUEUE = "aws:sqs/queue:Queue";
var QUEUE_POLICY = "aws:sqs/queuePolicy:QueuePolicy";

// policy/rules/consumer.ts
var queueOf = (graph, mapping) => behind(graph, mapping, "eventSourceArn", QUEUE)[0];
function functionBehind(graph, resource, key) {
  const [alias] = behind(graph, resource, key, ALIAS);
  return behind(graph, alias ?? resource, alias ? "functionName" : key, FUNCTION)[0];
}
var isDeadLetterQueue = (graph, { urn }) => graph.some(
  ({ type, references }) => (type === QUEUE || type === SUBSCRIPTION) && references["redrivePolicy"]?.includes(urn)
);

// policy/rules/alarms.ts
var METRICS = {
  api: "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html",
  cloudwatch: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html",
  lambda: "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html",
  sns: "https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html",
  sqs: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html"
};
var alarmsOver = (graph, resource, metric) => referringTo(graph, resource, ALARM, "dimensions").filter((alarm) => textAt(alarm, "metricName") === metric);
var hasAlarm = (rule, {
  type,
  metric,
  where = () => true
}, fits = () => true) => ({
  ...rule,
  row: 13,
  fix: `Make an alarm over ${metric}`,
  of: [type],
  judge: (resource, graph) => !where(resource, graph) || alarmsOver(graph, resource, metric).some(fits) ? void 0 : `${metric} has no alarm`
});
var counted = (alarm, consumer) => listAt(alarm, "metricQueries").filter(isRecord).flatMap(({ metric }) => isRecord(metric) ? [metric] : []).filter(({ dimensions }) => isRecord(dimensions) && dimensions["consumer"] === consumer).map(({ metricName }) => metricName);
var atZero = (alarm) => numberAt(alarm, "threshold") === 0;
var alarmRules = [
  {
    id: "alarm-tells-somebody",
    row: 13,
    title: "Every alarm publishes to a topic when it fires, and when it ends.",
    fix: "Set alarmActions and okActions",
    page: METRICS.cloudwatch,
    of: [ALARM],
    judge: (alarm, graph) => {
      const silent = ["alarmActions", "okActions"].filter((key) => behind(graph, alarm, key, TOPIC).length === 0);
      return silent.length === 0 ? void 0 : `${silent.join(" and ")} names no topic`;
    }
  },
  hasAlarm(
    {
      id: "dead-letters-have-alarm",
      title: "Every dead-letter queue has an alarm over what lies in it: any at all.",
      page: METRICS.sqs
    },
    {
      type: QUEUE,
      metric: "ApproximateNumberOfMessagesVisible",
      where: (queue, graph) => isDeadLetterQueue(graph, queue)
    },
    atZero
  ),
  hasAlarm(
    {
      id: "queue-age-has-alarm",
      title: "Every queue has an alarm over the age of its oldest message.",
      page: METRICS.sqs
    },
    { type: QUEUE, metric: "ApproximateAgeOfOldestMessage", where: (queue, graph) => !isDeadLetterQueue(graph, queue) }
  ),
  {
    id: "retries-have-alarm",
    row: 13,
    title: "Every consumer has an alarm over what it received and did not finish: SQS leaves that out of the age.",
    fix: "Make an alarm over our own metrics Received and Succeeded",
    page: METRICS.sqs,
    of: [MAPPING],
    judge: (mapping, graph) => {
      const lambda = functionBehind(graph, mapping, "functionName");
      const consumer = lambda && variableAt(lambda, "NAME");
      const watched = ofType(graph, ALARM).map((alarm) => counted(alarm, consumer));
      return watched.some((names) => names.includes("Received") && names.includes("Succeeded")) ? void 0 : "its retries have no alarm";
    }
  },
  hasAlarm(
    {
      id: "errors-have-alarm",
      title: "Every function has an alarm over its errors: any at all.",
      page: METRICS.lambda
    },
    { type: FUNCTION, metric: "Errors" },
    atZero
  ),
  hasAlarm(
    {
      id: "throttles-have-alarm",
      title: "Every function has an alarm over its throttles: any at all.",
      page: METRICS.lambda
    },
    { type: FUNCTION, metric: "Throttles" },
    atZero
  ),
  {
    id: "outbox-has-alarm",
    row: 13,
    title: "An outbox has an alarm over its oldest event, at 3 minutes, that fires in silence too.",
    fix: "Make an alarm over OldestUnpublishedSeconds, its threshold 180 or less and missing data breaching",
    page: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html",
    of: [TABLE],
    judge: (table, graph) => {
      if (listAt(table, "globalSecondaryIndexes").length === 0) return void 0;
      const fits = ofType(graph, ALARM).some(
        (alarm) => textAt(alarm, "metricName") === "OldestUnpublishedSeconds" && (numberAt(alarm, "threshold") ?? Infinity) <= 180 && textAt(alarm, "treatMissingData") === "breaching"
      );
      return fits ? void 0 : "its oldest event has no such alarm";
    }
  },
  hasAlarm(
    { id: "api-errors-have-alarm", title: "Every API has an alarm over its answers with 5xx.", page: METRICS.api },
    { type: API, metric: "5xx" }
  ),
  hasAlarm(
    { id: "api-latency-has-alarm", title: "Every API has an alarm over its p99.", page: METRICS.api },
    { type: API, metric: "Latency" },
    (alarm) => textAt(alarm, "extendedStatistic") === "p99"
  ),
  hasAlarm(
    {
      id: "failed-deliveries-have-alarm",
      title: "Every topic that queues are subscribed to has an alarm over failed deliveries: any at all.",
      page: METRICS.sns
    },
    {
      type: TOPIC,
      metric: "NumberOfNotificationsFailed",
      where: (topic, graph) => referringTo(graph, topic, SUBSCRIPTION, "topic").some((one) => textAt(one, "protocol") === "sqs")
    },
    atZero
  )
];

// policy/rules/api.ts
var OPEN = ["GET /health", "$default", "OPTIONS /{proxy+}"];
var PERSONAL = /sourceIp|userAgent|\$context\.path|\$context\.authorizer|\$request\.|header|querystring/i;
var apiRules = [
  {
    id: "api-is-throttled",
    row: 12,
    title: "Every API has limits of its own for requests a second and at once.",
    fix: "Set throttlingRateLimit and throttlingBurstLimit: the account's are shared by all of its APIs",
    page: "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html",
    of: [STAGE],
    judge: (stage) => {
      const rate = numberAt(stage, "defaultRouteSettings", "throttlingRateLimit") ?? 0;
      const burst = numberAt(stage, "defaultRouteSettings", "throttlingBurstLimit") ?? 0;
      return rate > 0 && burst > 0 ? void 0 : `the limits are ${rate} and ${burst}`;
    }
  },
  {
    id: "api-has-a-stage",
    row: 12,
    title: "Every API has one stage.",
    fix: "Make one Stage: without one nothing answers, and rules of a stage hold for none",
    page: "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html",
    of: [API],
    judge: (api, graph) => {
      const { length } = referringTo(graph, api, STAGE, "apiId");
      return length === 1 ? void 0 : `it has ${length}`;
    }
  },
  {
    id: "api-logs-access",
    row: 12,
    title: "Every stage logs each request to a group of the stack, as JSON.",
    fix: "Set accessLogSettings, its format a JSON object",
    page: "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html",
    of: [STAGE],
    judge: (stage, graph) => {
      if (behind(graph, stage, "accessLogSettings", LOG_GROUP).length !== 1)
        return "its log group is none of the stack's";
      return isRecord(jsonAt(stage, "accessLogSettings", "format")) ? void 0 : "the format is no JSON object";
    }
  },
  {
    id: "access-logs-name-nobody",
    row: 14,
    title: "The access log holds nothing personal: no address, no agent, no path with its parameters, no header.",
    fix: "Take the field out of accessLogSettings.format",
    page: "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html",
    of: [STAGE],
    judge: (stage) => {
      const [field] = PERSONAL.exec(textAt(stage, "accessLogSettings", "format")) ?? [];
      return field === void 0 ? void 0 : `its format has ${field}`;
    }
  },
  {
    id: "route-has-authorizer",
    row: 12,
    title: `In production, every route but ${OPEN.join(", ")} has an authorizer.`,
    fix: "Set authorizationType, authorizerId and authorizationScopes: in the stack's config, `auth`",
    page: "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html",
    productionOnly: true,
    of: [ROUTE],
    judge: (route, graph) => {
      if (OPEN.includes(textAt(route, "routeKey"))) return void 0;
      const authorizers = behind(graph, route, "authorizerId", AUTHORIZER);
      if (textAt(route, "authorizationType") !== "JWT" || authorizers.length !== 1) return "anybody may call it";
      return listAt(route, "authorizationScopes").length > 0 ? void 0 : "any scope may call it";
    }
  },
  {
    id: "tokens-are-for-us",
    row: 12,
    title: "An authorizer takes the tokens of one issuer, over TLS, that are made for an audience of ours.",
    fix: "Set jwtConfiguration's issuer to an https URL, and its audiences",
    page: "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html",
    of: [AUTHORIZER],
    judge: (authorizer) => {
      const issuer = textAt(authorizer, "jwtConfiguration", "issuer");
      if (!issuer.startsWith("https://")) return `the issuer is ${issuer || "nobody"}`;
      return listAt(authorizer, "jwtConfiguration", "audiences").length > 0 ? void 0 : "there is no audience";
    }
  },
  {
    id: "open-routes-stay-open",
    row: 12,
    title: `No authorizer stands before ${OPEN.join(", ")}: a preflight has no token, and 404 is not 401.`,
    fix: "Take the authorizer off the route",
    page: "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html",
    of: [ROUTE],
    judge: (route) => {
      const type = textAt(route, "authorizationType");
      const open = OPEN.includes(textAt(route, "routeKey"));
      return open && type !== "" && type !== "NONE" ? `its authorizationType is ${type}` : void 0;
    }
  },
  {
    id: "api-has-default-route",
    row: 12,
    title: "Every API has a $default route, which answers 404 and 405 as the other routes answer errors.",
    fix: "Add the route $default",
    page: "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html",
    of: [API],
    judge: (api, graph) => referringTo(graph, api, ROUTE, "apiId").some((route) => textAt(route, "routeKey") === "$default") ? void 0 : "there is none"
  },
  {
    id: "preflight-has-its-route",
    row: 12,
    title: "Where browsers may call, OPTIONS /{proxy+} is a route: $default would get the preflight and refuse it.",
    fix: "Add the route OPTIONS /{proxy+}, answered by 204",
    page: "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html",
    of: [API],
    judge: (api, graph) => {
      const keys = referringTo(graph, api, ROUTE, "apiId").map((route2) => textAt(route2, "routeKey"));
      const [browsers, route] = [
        listAt(api, "corsConfiguration", "allowOrigins").length > 0,
        keys.includes("OPTIONS /{proxy+}")
      ];
      if (browsers === route) return void 0;
      return browsers ? "there is no such route" : "there is one, and no browser may call";
    }
  },
  {
    id: "origins-are-named",
    row: 12,
    title: "Browsers may call from origins that are named, each of them.",
    fix: "Name the origins in allowOrigins, and send no credentials: corsOrigins in the stack's config",
    page: "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html",
    of: [API],
    judge: (api) => {
      const wide = listAt(api, "corsConfiguration", "allowOrigins").filter((origin) => String(origin).includes("*"));
      if (at(api, "corsConfiguration", "allowCredentials") === true) return "allowCredentials is set";
      return wide.length === 0 ? void 0 : `allowOrigins has ${wide.map(String).join(", ")}`;
    }
  }
];

// policy/rules/delivery.ts
var RAW = "https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html";
var TO_SQS = "https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html";
var ofQueue = (subscription) => textAt(subscription, "protocol") === "sqs";
var deniesPlainHttp = ({ effect, principal, actions, condition }, action) => effect === "Deny" && (principal === "*" || JSON.stringify(principal) === '{"AWS":"*"}') && actions.includes(action) && isCondition(condition, "Bool", "aws:SecureTransport", "false");
var admits = ({ effect, principal, actions, resources, condition }, queue, topic) => effect === "Allow" && JSON.stringify(principal) === '{"Service":"sns.amazonaws.com"}' && actions.join() === "sqs:SendMessage" && resources.join() === textAt(queue, "arn") && isCondition(condition, "ArnEquals", "aws:SourceArn", textAt(topic, "arn"));
var policiesOf = (graph, queue) => statementsOn(graph, queue, QUEUE_POLICY, "queueUrl");
var ofSubscriptions = (rule, judge) => ({
  ...rule,
  of: [SUBSCRIPTION],
  judge: (subscription, graph) => ofQueue(subscription) ? judge(subscription, graph) : void 0
});
var deliveryRules = [
  ofSubscriptions(
    {
      id: "raw-delivery",
      row: 5,
      title: "Every subscription of a queue has raw delivery.",
      fix: "Set rawMessageDelivery, or each record is an envelope that no handler reads",
      page: RAW
    },
    (subscription) => at(subscription, "rawMessageDelivery") === true ? void 0 : "rawMessageDelivery is not set"
  ),
  ofSubscriptions(
    {
      id: "subscription-has-filter",
      row: 5,
      title: "Every subscription of a queue lets through the types of events that its filter policy names.",
      fix: "Set filterPolicy to the types in the handler's `on`, or the consumer gets every event",
      page: "https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html"
    },
    (subscription) => {
      const filter = jsonAt(subscription, "filterPolicy");
      const types = isRecord(filter) ? filter["type"] : void 0;
      return Array.isArray(types) && types.length > 0 ? void 0 : "the filter policy names no type";
    }
  ),
  ofSubscriptions(
    {
      id: "filter-is-small",
      row: 5,
      title: "A filter policy names at most 5 attributes and 150 combinations of values.",
      fix: "Name fewer: SNS refuses the policy",
      page: "https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html"
    },
    (subscription) => {
      const filter = jsonAt(subscription, "filterPolicy");
      const values = isRecord(filter) ? Object.values(filter) : [];
      const combinations = values.reduce((all, one) => all * (Array.isArray(one) ? one.length : 1), 1);
      return values.length <= 5 && combinations <= 150 ? void 0 : `it names ${values.length} attributes and ${combinations} combinations`;
    }
  ),
  ofSubscriptions(
    {
      id: "subscription-has-dead-letters",
      row: 5,
      title: "Every subscription of a queue has a dead-letter queue.",
      fix: "Set redrivePolicy, or SNS drops what it cannot deliver",
      page: "https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html"
    },
    (subscription, graph) => behind(graph, subscription, "redrivePolicy", QUEUE).length === 1 ? void 0 : "there is no dead-letter queue"
  ),
  ofSubscriptions(
    {
      id: "queue-admits-its-topic",
      row: 6,
      title: "The queue and the dead-letter queue of every subscription admit its topic.",
      fix: "Allow sns.amazonaws.com sqs:SendMessage on the queue where ArnEquals aws:SourceArn is the topic, or nothing arrives",
      page: TO_SQS
    },
    (subscription, graph) => {
      const [topic] = behind(graph, subscription, "topic", TOPIC);
      const queues = ["endpoint", "redrivePolicy"].flatMap((key) => behind(graph, subscription, key, QUEUE));
      const shut = queues.filter(
        (queue) => topic && !policiesOf(graph, queue).some((statement) => admits(statement, queue, topic))
      );
      return shut.length === 0 ? void 0 : `${shut.map(({ name }) => name).join(" and ")} does not admit the topic`;
    }
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
      return length === 1 ? void 0 : `there are ${length}`;
    }
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
        (statement) => statement.effect === "Allow" && !topics.some((topic) => admits(statement, queue, topic))
      );
      return wide.length === 0 ? void 0 : `it allows ${wide.flatMap(({ actions }) => actions).join(", ")} to others`;
    }
  },
  {
    id: "queue-denies-plain-http",
    row: 6,
    title: "A queue's policy denies everything that does not come over TLS.",
    fix: "Deny everybody sqs:* where aws:SecureTransport is false",
    page: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html",
    of: [QUEUE],
    judge: (queue, graph) => policiesOf(graph, queue).some((statement) => deniesPlainHttp(statement, "sqs:*")) ? void 0 : "plain HTTP is not denied"
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
      return statements.some((statement) => deniesPlainHttp(statement, "sns:Publish")) ? void 0 : "publishing over plain HTTP is not denied";
    }
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
        ({ effect, principal, condition }) => effect === "Allow" && !(isRecord(principal) && "Service" in principal && JSON.stringify(condition)?.includes('"aws:SourceAccount"'))
      );
      return wide.length === 0 ? void 0 : `it allows ${wide.flatMap(({ actions }) => actions).join(", ")} to others`;
    }
  }
];

// policy/rules/functions.ts
var ALIASES = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html";
var INVOKES = {
  [MAPPING]: "functionName",
  [INTEGRATION]: "integrationUri",
  [SCHEDULE]: "target",
  [PERMISSION]: "qualifier",
  [INVOKE_CONFIG]: "qualifier"
};
var hasNat = (graph, vpc) => ["Single", "OnePerAz"].includes(textAt(vpc, "natGateways", "strategy")) || ofType(graph, NAT_GATEWAY).some(({ urn }) => urn.includes(`${VPC}$`));
var letsHttpsOut = (group) => listAt(group, "egress").some(
  (rule) => isRecord(rule) && Array.isArray(rule["cidrBlocks"]) && rule["cidrBlocks"].includes("0.0.0.0/0") && (rule["protocol"] === "-1" || Number(rule["fromPort"]) <= 443 && Number(rule["toPort"]) >= 443)
);
var functionRules = [
  {
    id: "function-runtime",
    row: 9,
    title: "Every function runs on nodejs24.x and arm64.",
    fix: "Set runtime to nodejs24.x and architectures to arm64: the newest of Node's lines, at the lower price",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html",
    of: [FUNCTION],
    judge: (lambda) => {
      const [runtime, architectures] = [textAt(lambda, "runtime"), listAt(lambda, "architectures").join()];
      return runtime === "nodejs24.x" && architectures === "arm64" ? void 0 : `it is ${runtime} on ${architectures}`;
    }
  },
  {
    id: "function-has-timeout",
    row: 9,
    title: "Every function has a timeout of its own.",
    fix: "Set timeout: Lambda's default is 3 s",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html",
    of: [FUNCTION],
    judge: (lambda) => numberAt(lambda, "timeout") === void 0 ? "there is no timeout" : void 0
  },
  {
    id: "function-has-memory",
    row: 9,
    title: "Every function has a memory size of its own.",
    fix: "Set memorySize: Lambda's default is 128 MB, with as little of a processor",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html",
    of: [FUNCTION],
    judge: (lambda) => numberAt(lambda, "memorySize") === void 0 ? "there is no memory size" : void 0
  },
  {
    id: "function-has-log-group",
    row: 9,
    title: "Every function logs to a group of the stack.",
    fix: "Name a LogGroup in loggingConfig: Lambda makes one itself that is kept for ever",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html",
    of: [FUNCTION],
    judge: (lambda, graph) => behind(graph, lambda, "loggingConfig", LOG_GROUP).length === 1 ? void 0 : "its log group is none of the stack's"
  },
  {
    id: "logs-end",
    row: 9,
    title: "Every log group forgets.",
    fix: "Set retentionInDays",
    page: "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
    of: [LOG_GROUP],
    judge: (group) => (numberAt(group, "retentionInDays") ?? 0) > 0 ? void 0 : "it keeps its lines for ever"
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
      if (timeout === void 0 || timeout >= 30) return `its function's timeout is ${timeout} s`;
      return format === "2.0" ? void 0 : `payloadFormatVersion is ${format}`;
    }
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
      return aliases.length === 1 ? void 0 : `it has ${aliases.length} aliases`;
    }
  },
  {
    id: "invoked-by-alias",
    row: 9,
    title: "Whatever invokes a function names its alias.",
    fix: "Name the alias, not the function: $LATEST may be half deployed",
    page: ALIASES,
    of: Object.keys(INVOKES),
    judge: (resource, graph) => behind(graph, resource, INVOKES[resource.type] ?? "", ALIAS).length === 1 ? void 0 : "it names no alias"
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
        (name) => /secret|token|passw|api_?key|credential/i.test(name) || values.includes(name)
      );
      return secret.length === 0 ? void 0 : `${secret.join(", ")} looks like a secret`;
    }
  },
  {
    id: "function-has-a-way-out",
    row: 17,
    title: "A function inside a VPC reaches the hosts outside: a NAT gateway, and HTTPS out.",
    fix: "Give the VPC NAT gateways, and its security group egress to port 443",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html",
    of: [FUNCTION],
    judge: (lambda, graph) => {
      if (lambda.references["vpcConfig"] === void 0 && at(lambda, "vpcConfig", "subnetIds") === void 0)
        return void 0;
      const groups = behind(graph, lambda, "vpcConfig", SECURITY_GROUP);
      if (!groups.some(letsHttpsOut)) return "no security group lets HTTPS out";
      return behind(graph, lambda, "vpcConfig", VPC).some((vpc) => hasNat(graph, vpc)) ? void 0 : "there is no NAT gateway";
    }
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
      return described !== "" && described !== "Managed by Pulumi" ? void 0 : "it has no description";
    }
  }
];
var looksSecret = (value) => typeof value === "string" && /\b(AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[posu]_\w{36}|\b[rs]k_(live|test)_\w+|-----BEGIN [A-Z ]*PRIVATE KEY/.test(value);

// policy/rules/order.ts
var DEPENDS_ON = "https://www.pulumi.com/docs/iac/concepts/resources/options/dependson/";
var unwaited = ({ dependsOn }, needed) => needed.filter(({ urn }) => !dependsOn.includes(urn)).map(({ name }) => name);
var saying = (names) => names.length === 0 ? void 0 : `it does not wait for ${names.join(" and ")}`;
var rolePoliciesOf = (graph, lambda) => (lambda ? behind(graph, lambda, "role", ROLE) : []).flatMap((role) => referringTo(graph, role, ROLE_POLICY, "role"));
var orderRules = [
  {
    id: "mapping-after-policy",
    row: 16,
    title: "A mapping is made after its function's role has its policy.",
    fix: "Let the mapping depend on the RolePolicy: Lambda refuses a mapping whose role may not receive",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    of: [MAPPING],
    judge: (mapping, graph) => saying(unwaited(mapping, rolePoliciesOf(graph, functionBehind(graph, mapping, "functionName"))))
  },
  {
    id: "function-after-policy",
    row: 16,
    title: "A function is made after its role has its policy.",
    fix: "Let the function depend on the RolePolicy: it may be invoked before",
    page: DEPENDS_ON,
    of: [FUNCTION],
    judge: (lambda, graph) => saying(unwaited(lambda, rolePoliciesOf(graph, lambda)))
  },
  {
    id: "subscription-after-policies",
    row: 16,
    title: "A subscription is made after the policies of its queue and its dead-letter queue.",
    fix: "Let the subscription depend on both QueuePolicies: SNS drops what a queue does not admit yet",
    page: "https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html",
    of: [SUBSCRIPTION],
    judge: (subscription, graph) => {
      if (textAt(subscription, "protocol") !== "sqs") return void 0;
      const queues = ["endpoint", "redrivePolicy"].flatMap((key) => behind(graph, subscription, key, QUEUE));
      const policies = queues.flatMap((queue) => referringTo(graph, queue, QUEUE_POLICY, "queueUrl"));
      return saying(unwaited(subscription, policies));
    }
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
        (one) => one.type === PERMISSION && lambda && functionBehind(graph, one, "function")?.urn === lambda.urn
      );
      return permissions.length === 0 ? "its function may not be invoked" : saying(unwaited(route, permissions));
    }
  }
];

// policy/rules/permissions.ts
var LEAST = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege";
var LAMBDA_ROLE = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html";
var functionsOf = (graph, policy) => behind(graph, policy, "role", ROLE).flatMap((role) => referringTo(graph, role, FUNCTION, "role"));
function sendsSms(lambda) {
  const settings = JSON.parse(variableAt(lambda, "SETTINGS") ?? "null");
  return isRecord(settings) && settings["sms"] === true;
}
var exceptions = {
  // A group's streams have no names yet: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
  "a log group's streams": ({ actions, resources }) => actions.every((action) => /^logs:(CreateLogStream|PutLogEvents)$/.test(action)) && resources.every(endsInStar),
  // An object's name is its content's hash: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security_iam_service-with-iam.html
  "a bucket's objects": ({ actions, resources }) => actions.join() === "s3:PutObject" && resources.every((arn) => endsInStar(arn) && arn !== "*"),
  // https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
  "network interfaces": ({ actions, notResources }, functions) => notResources.length === 0 && actions.every((action) => NETWORK_INTERFACES.test(action)) && functions().some(({ references }) => references["vpcConfig"] !== void 0),
  // A phone number has no ARN: https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-phone.html
  "SMS, where they are on": ({ actions, resources, notResources }, functions) => actions.join() === "sns:Publish" && resources.length === 0 && /^arn:[\w-]+:sns:\*:\*:\*$/.test(notResources.join()) && functions().some(sendsSms),
  // https://docs.aws.amazon.com/xray/latest/devguide/security_iam_id-based-policy-examples.html
  "X-Ray": ({ actions, resources }) => actions.every((action) => /^xray:Put(TraceSegments|TelemetryRecords)$/.test(action)) && resources.join() === "*"
};
var NETWORK_INTERFACES = /^ec2:(Describe(NetworkInterfaces|Subnets)|(Create|Delete)NetworkInterface|(Assign|Unassign)PrivateIpAddresses)$/;
var endsInStar = (arn) => arn.indexOf("*") === arn.length - 1;
var isWide = ({ actions, resources, notResources }) => notResources.length > 0 || [...actions, ...resources].some((text) => text.includes("*"));
var permissionRules = [
  {
    id: "no-star",
    row: 8,
    title: `No policy of a role has a * in an action, nor in a resource but ${Object.keys(exceptions).join("; ")}.`,
    fix: "Name each action and each resource",
    page: LEAST,
    of: [ROLE_POLICY],
    judge: (policy, graph) => {
      const wide = statementsOf(policy).filter(
        (statement) => isWide(statement) && !Object.values(exceptions).some((excuses) => excuses(statement, () => functionsOf(graph, policy)))
      );
      return wide.length === 0 ? void 0 : wide.map(
        ({ actions, resources, notResources }) => [
          actions.join(", "),
          ...notResources.length > 0 ? ["on all but"] : ["on"],
          [...resources, ...notResources].join(", ")
        ].join(" ")
      ).join("; ");
    }
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
        ({ effect, principal, actions, resources, notResources }) => effect !== "Allow" || principal !== void 0 || actions.length === 0 || resources.length + notResources.length === 0
      );
      if (statements.length === 0) return "it has no statement";
      return others.length === 0 ? void 0 : `${others.length} of ${statements.length} statements are something else`;
    }
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
      if (role === void 0) return "its role is none of the stack's";
      const others = referringTo(graph, role, FUNCTION, "role").filter(({ urn }) => urn !== lambda.urn);
      return others.length === 0 ? void 0 : `it shares ${role.name} with ${others.map(({ name }) => name).join(", ")}`;
    }
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
      return length === 1 ? void 0 : `it has ${length}`;
    }
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
      return managed.length === 0 ? void 0 : `it has ${managed.map(String).join(", ")}`;
    }
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
      const trusts = trust?.effect === "Allow" && trust.actions.join() === "sts:AssumeRole" && JSON.stringify(trust.principal) === JSON.stringify({ Service: service });
      return trusts && scoped && more.length === 0 ? void 0 : `it is not for ${service} alone`;
    }
  }
];

// policy/rules/queues.ts
var SQS_WITH_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html";
var SCALING = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html";
var DEAD_LETTERS = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html";
var FOURTEEN_DAYS = 14 * 24 * 3600;
var visibilityOf = (queue) => (queue && numberAt(queue, "visibilityTimeoutSeconds")) ?? 30;
var timeoutOf = (lambda) => (lambda && numberAt(lambda, "timeout")) ?? 3;
var retentionOf = (queue) => numberAt(queue, "messageRetentionSeconds") ?? 345600;
function redriveOf(queue) {
  const redrive = jsonAt(queue, "redrivePolicy");
  return isRecord(redrive) ? redrive : {};
}
var below = (what, is, needed, why) => is < needed ? `${what} is ${is}, and ${why} make it ${needed} or more` : void 0;
var mostBatches = (mapping) => numberAt(mapping, "scalingConfig", "maximumConcurrency") ?? 10 * (numberAt(mapping, "provisionedPollerConfig", "maximumPollers") ?? 0);
function snsMayUse(graph, resource) {
  const [key] = behind(graph, resource, "kmsMasterKeyId", KEY);
  const needed = ["kms:GenerateDataKey", "kms:Decrypt"];
  return key !== void 0 && statementsOf(key).some(
    ({ effect, principal, actions }) => effect === "Allow" && JSON.stringify(principal)?.includes("sns.amazonaws.com") && needed.every((action) => actions.some((one) => one.replace("*", "") === action))
  );
}
var queueRules = [
  {
    id: "visibility-covers-attempts",
    row: 1,
    title: "A message stays invisible for six times its function's timeout and the batch window.",
    fix: "Raise the queue's visibilityTimeoutSeconds, or the message comes again while its function still works",
    page: SQS_WITH_LAMBDA,
    of: [MAPPING],
    judge: (mapping, graph) => {
      const timeout = timeoutOf(functionBehind(graph, mapping, "functionName"));
      const window = numberAt(mapping, "maximumBatchingWindowInSeconds") ?? 0;
      const why = `6 x the function's timeout of ${timeout} s and a window of ${window} s`;
      return below("visibilityTimeoutSeconds", visibilityOf(queueOf(graph, mapping)), 6 * timeout + window, why);
    }
  },
  {
    id: "visibility-covers-lease",
    row: 1,
    title: "A message stays invisible for a minute more than its consumer's lease in the ledger.",
    fix: "Raise the queue's visibilityTimeoutSeconds, or a retry meets the claim of an attempt that died",
    page: SQS_WITH_LAMBDA,
    of: [MAPPING],
    judge: (mapping, graph) => {
      const lambda = functionBehind(graph, mapping, "functionName");
      const lease = lambda && variableAt(lambda, "LEASE_SECONDS");
      if (lease === void 0) return void 0;
      const why = `a lease of ${lease} s and a minute`;
      return below("visibilityTimeoutSeconds", visibilityOf(queueOf(graph, mapping)), Number(lease) + 60, why);
    }
  },
  {
    id: "lease-covers-function",
    row: 1,
    title: "A claim in the ledger lasts for its function's timeout and two minutes: two clocks may be wrong by one each.",
    fix: "Raise LEASE_SECONDS, or a function that still runs loses its claim",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html",
    of: [FUNCTION],
    judge: (lambda) => {
      const lease = variableAt(lambda, "LEASE_SECONDS");
      if (lease === void 0) return void 0;
      const timeout = timeoutOf(lambda);
      return below("LEASE_SECONDS", Number(lease), timeout + 120, `the function's timeout of ${timeout} s and 120 s`);
    }
  },
  {
    id: "queue-has-dead-letters",
    row: 2,
    title: "Every queue but a dead-letter queue has one.",
    fix: "Give the queue a redrivePolicy, or a message that always fails is tried until it is deleted",
    page: DEAD_LETTERS,
    of: [QUEUE],
    judge: (queue, graph) => {
      if (isDeadLetterQueue(graph, queue)) return void 0;
      return behind(graph, queue, "redrivePolicy", QUEUE).length === 1 ? void 0 : "there is no dead-letter queue";
    }
  },
  {
    id: "five-attempts",
    row: 2,
    title: "A message is tried 5 to 1,000 times before it is set aside.",
    fix: "Set maxReceiveCount between 5 and 1,000: throttled invocations count as receives too",
    page: SQS_WITH_LAMBDA,
    of: [QUEUE],
    judge: (queue) => {
      if (at(queue, "redrivePolicy") === void 0) return void 0;
      const { maxReceiveCount: count } = redriveOf(queue);
      return Number(count) >= 5 && Number(count) <= 1e3 ? void 0 : `maxReceiveCount is ${String(count)}`;
    }
  },
  {
    id: "dead-letters-stay",
    row: 2,
    title: "Dead letters are kept for 14 days, longer than the messages of the queue before them.",
    fix: "Set messageRetentionSeconds to 1209600, and less on the source: a dead letter keeps its first timestamp",
    page: DEAD_LETTERS,
    of: [QUEUE],
    judge: (queue, graph) => {
      if (!isDeadLetterQueue(graph, queue)) return void 0;
      const sources = ofType(graph, QUEUE).filter(({ references }) => references["redrivePolicy"]?.includes(queue.urn));
      const kept = retentionOf(queue);
      const longest = Math.max(0, ...sources.map(retentionOf));
      if (kept !== FOURTEEN_DAYS) return `messageRetentionSeconds is ${kept}`;
      return longest < kept ? void 0 : `the queue before it keeps messages for ${longest} s`;
    }
  },
  {
    id: "retries-outlast-outage",
    row: 3,
    title: "A message is tried for longer than the outage that its consumer must survive.",
    fix: "Raise maxReceiveCount or visibilityTimeoutSeconds, or the outage ends in dead letters",
    page: DEAD_LETTERS,
    of: [MAPPING],
    judge: (mapping, graph, { outageMinutes }) => {
      const queue = queueOf(graph, mapping);
      const needed = 60 * (outageMinutes[componentOf(graph, mapping).name] ?? 0);
      const last = queue ? (Number(redriveOf(queue)["maxReceiveCount"] ?? 1) - 1) * visibilityOf(queue) : 0;
      return last >= needed ? void 0 : `the last attempt starts after ${last} s, and the outage lasts ${needed} s`;
    }
  },
  {
    id: "partial-batch-responses",
    row: 4,
    title: "Every mapping takes partial batch responses.",
    fix: 'Set functionResponseTypes to ["ReportBatchItemFailures"], or one bad record fails the whole batch',
    page: "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html",
    of: [MAPPING],
    judge: (mapping) => {
      const types = listAt(mapping, "functionResponseTypes");
      return types.includes("ReportBatchItemFailures") ? void 0 : `functionResponseTypes is ${JSON.stringify(types)}`;
    }
  },
  {
    id: "mapping-has-one-limit",
    row: 4,
    title: "Every mapping has a maximum of concurrency from 2 to 1,000, or pollers: 2 to 200 and at most 2 to 2,000.",
    fix: "Set either scalingConfig or provisionedPollerConfig within AWS's limits",
    page: SCALING,
    of: [MAPPING],
    judge: (mapping) => {
      const most = numberAt(mapping, "scalingConfig", "maximumConcurrency");
      const min = numberAt(mapping, "provisionedPollerConfig", "minimumPollers");
      const max = numberAt(mapping, "provisionedPollerConfig", "maximumPollers");
      if (min === void 0 && max === void 0) {
        return most !== void 0 && most >= 2 && most <= 1e3 ? void 0 : `maximumConcurrency is ${most}`;
      }
      if (most !== void 0) return "there are both";
      const [least, highest] = [min ?? 0, max ?? 0];
      const fits = least >= 2 && least <= 200 && highest >= 2 && highest <= 2e3 && least <= highest;
      return fits ? void 0 : `the pollers are ${min} to ${max}`;
    }
  },
  {
    id: "reserved-covers-mapping",
    row: 4,
    title: "A function's reserved concurrency, where set, is no less than what its mapping may use.",
    fix: "Raise reservedConcurrentExecutions, or SQS delivers what Lambda throttles, and each throttle counts as a receive",
    page: SCALING,
    of: [MAPPING],
    judge: (mapping, graph) => {
      const lambda = functionBehind(graph, mapping, "functionName");
      const reserved = (lambda && numberAt(lambda, "reservedConcurrentExecutions")) ?? -1;
      const most = mostBatches(mapping);
      return reserved < 0 || reserved >= most ? void 0 : `${reserved} are reserved, and the mapping uses ${most}`;
    }
  },
  {
    id: "large-batches-wait",
    row: 4,
    title: "A mapping with batches over 10 has a batch window.",
    fix: "Set maximumBatchingWindowInSeconds to 1 or more: AWS refuses the mapping otherwise",
    page: SQS_WITH_LAMBDA,
    of: [MAPPING],
    judge: (mapping) => {
      const size = numberAt(mapping, "batchSize") ?? 10;
      const window = numberAt(mapping, "maximumBatchingWindowInSeconds") ?? 0;
      return size <= 10 || window >= 1 ? void 0 : `batchSize is ${size}, and there is no window`;
    }
  },
  {
    id: "queue-is-encrypted",
    row: 7,
    title: "Every queue is encrypted at rest, by SQS's own key or by one that SNS may use.",
    fix: "Set sqsManagedSseEnabled, or a key whose policy allows sns.amazonaws.com: SNS drops what it cannot encrypt",
    page: "https://docs.aws.amazon.com/sns/latest/dg/sns-enable-encryption-for-topic-sqs-queue-subscriptions.html",
    of: [QUEUE],
    judge: (queue, graph) => {
      const key = textAt(queue, "kmsMasterKeyId");
      if (key === "" && queue.references["kmsMasterKeyId"] === void 0) {
        return at(queue, "sqsManagedSseEnabled") === true ? void 0 : "sqsManagedSseEnabled is not set";
      }
      return snsMayUse(graph, queue) ? void 0 : `SNS may not use the key ${key}`;
    }
  },
  {
    id: "topic-takes-alarms",
    row: 7,
    title: "No topic is encrypted by the key of AWS, which no other service may use.",
    fix: "Take kmsMasterKeyId out, or name a key whose policy allows the services that publish",
    page: "https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html",
    of: [TOPIC],
    judge: (topic) => textAt(topic, "kmsMasterKeyId").endsWith("alias/aws/sns") ? "kmsMasterKeyId is alias/aws/sns" : void 0
  }
];

// policy/rules/storage.ts
var TTL_ATTRIBUTE = "expiresAt";
var PUBLIC_ACCESS = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"];
var endsAt = (table) => at(table, "ttl", "enabled") === true ? textAt(table, "ttl", "attributeName") : "";
function tableOf(graph, lambda, use) {
  const names = JSON.parse(variableAt(lambda, "RESOURCES") ?? "{}");
  return ofType(graph, TABLE).find((table) => isRecord(names) && textAt(table, "name") === names[use]);
}
var ends = ({ variable, use, what, ...rule }) => ({
  ...rule,
  fix: `Set ttl.attributeName of the table to ${TTL_ATTRIBUTE}, and ttl.enabled`,
  page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html",
  of: [FUNCTION],
  judge: (lambda, graph) => {
    if (variableAt(lambda, variable) === void 0) return void 0;
    const table = tableOf(graph, lambda, use);
    return table && endsAt(table) === TTL_ATTRIBUTE ? void 0 : what;
  }
});
var storageRules = [
  {
    id: "table-on-demand",
    row: 10,
    title: "Every table is billed on demand.",
    fix: "Set billingMode to PAY_PER_REQUEST: a surge of orders is not announced",
    page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html",
    of: [TABLE],
    judge: (table) => {
      const mode = textAt(table, "billingMode");
      return mode === "PAY_PER_REQUEST" ? void 0 : `billingMode is ${mode || "PROVISIONED"}`;
    }
  },
  {
    id: "table-is-recoverable",
    row: 10,
    title: "Every table has point-in-time recovery.",
    fix: "Set pointInTimeRecovery.enabled",
    page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html",
    of: [TABLE],
    judge: (table) => at(table, "pointInTimeRecovery", "enabled") === true ? void 0 : "it is off"
  },
  {
    id: "table-is-encrypted",
    row: 10,
    title: "Every table is encrypted by a key of KMS.",
    fix: "Set serverSideEncryption.enabled",
    page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/EncryptionAtRest.html",
    of: [TABLE],
    judge: (table) => at(table, "serverSideEncryption", "enabled") === true ? void 0 : "it is off"
  },
  {
    id: "table-is-kept",
    row: 10,
    title: "In production, no table can be deleted.",
    fix: "Set deletionProtectionEnabled",
    page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html",
    productionOnly: true,
    of: [TABLE],
    judge: (table) => at(table, "deletionProtectionEnabled") === true ? void 0 : "deletion protection is off"
  },
  {
    id: "data-is-protected",
    row: 10,
    title: "In production, no change of the config deletes a table, a bucket or a queue.",
    fix: "Set the resource option protect",
    page: "https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
    productionOnly: true,
    of: [TABLE, BUCKET, QUEUE],
    judge: ({ protect }) => protect ? void 0 : "it is not protected"
  },
  {
    id: "ttl-is-the-codes",
    row: 10,
    title: `Items of a table end by the attribute that the code writes, ${TTL_ATTRIBUTE}.`,
    fix: `Set ttl.attributeName to ${TTL_ATTRIBUTE}: by any other, nothing ends`,
    page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html",
    of: [TABLE],
    judge: (table) => [TTL_ATTRIBUTE, ""].includes(endsAt(table)) ? void 0 : `they end by ${endsAt(table)}`
  },
  ends({
    id: "ledger-ends",
    row: 10,
    title: "The claims of the ledger end by themselves.",
    variable: "LEASE_SECONDS",
    use: "effects",
    what: "its ledger keeps every claim for ever"
  }),
  ends({
    id: "contacts-end",
    row: 14,
    title: "Contact data ends by itself.",
    variable: "CONTACT_DAYS",
    use: "orders",
    what: "its orders keep names and addresses for ever"
  }),
  {
    id: "bucket-is-private",
    row: 10,
    title: "Every bucket blocks public access, in all four ways.",
    fix: `Make one BucketPublicAccessBlock with ${PUBLIC_ACCESS.join(", ")}`,
    page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
    of: [BUCKET],
    judge: (bucket, graph) => {
      const [block] = referringTo(graph, bucket, BUCKET_ACCESS, "bucket");
      const open = PUBLIC_ACCESS.filter((way) => block === void 0 || at(block, way) !== true);
      return open.length === 0 ? void 0 : `${open.join(", ")} is not set`;
    }
  },
  {
    id: "bucket-denies-plain-http",
    row: 10,
    title: "Every bucket denies what does not come over TLS.",
    fix: "Deny everybody s3:* on the bucket and its objects where aws:SecureTransport is false",
    page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html",
    of: [BUCKET],
    judge: (bucket, graph) => {
      const statements = statementsOn(graph, bucket, BUCKET_POLICY, "bucket");
      const both = `${textAt(bucket, "arn")},${textAt(bucket, "arn")}/*`;
      return statements.some((one) => deniesPlainHttp(one, "s3:*") && one.resources.join() === both) ? void 0 : "plain HTTP is not denied on the bucket and its objects";
    }
  },
  {
    id: "bucket-allows-nobody",
    row: 10,
    title: "No bucket's policy allows anybody anything: roles do.",
    fix: "Take the statement out, and allow it in the role's policy",
    page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
    of: [BUCKET],
    judge: (bucket, graph) => statementsOn(graph, bucket, BUCKET_POLICY, "bucket").some(({ effect }) => effect !== "Deny") ? "its policy allows something" : void 0
  },
  {
    id: "bucket-has-lifecycle",
    row: 10,
    title: "Every bucket says what becomes of its objects.",
    fix: "Make a BucketLifecycleConfiguration with a rule",
    page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html",
    of: [BUCKET],
    judge: (bucket, graph) => referringTo(graph, bucket, BUCKET_LIFECYCLE, "bucket").some((one) => listAt(one, "rules").length > 0) ? void 0 : "it has no lifecycle"
  },
  {
    id: "bucket-keeps-objects",
    row: 10,
    title: "In production, no bucket is deleted with what is in it.",
    fix: "Take forceDestroy out",
    page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html",
    productionOnly: true,
    of: [BUCKET],
    judge: (bucket) => at(bucket, "forceDestroy") === true ? "forceDestroy is set" : void 0
  },
  {
    id: "outbox-is-sharded",
    row: 11,
    title: "The index of the outbox is spread over shards, and keeps keys alone.",
    fix: "Set the index's hashKey to outboxShard and projectionType to KEYS_ONLY: one hot key throttles the table's writes",
    page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-indexes-gsi-sharding.html",
    of: [TABLE],
    judge: (table) => {
      const indexes = listAt(table, "globalSecondaryIndexes").filter(isRecord);
      const wrong = indexes.filter(
        ({ name, hashKey, rangeKey, projectionType }) => projectionType !== "KEYS_ONLY" || name === "outbox" && (hashKey !== "outboxShard" || rangeKey !== "outboxSince")
      );
      return wrong.length === 0 ? void 0 : `${wrong.map(({ name }) => String(name)).join(", ")} is otherwise`;
    }
  },
  {
    id: "outbox-has-its-index",
    row: 11,
    title: "A function that emits events knows an outbox that has its index.",
    fix: "Give the outbox's table its index: the relay finds nothing without it",
    page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-indexes-general-sparse-indexes.html",
    of: [FUNCTION],
    judge: (lambda, graph) => {
      const outbox = jsonAt(lambda, "environment", "variables", "OUTBOX");
      if (!isRecord(outbox)) return void 0;
      const table = ofType(graph, TABLE).find((one) => textAt(one, "name") === outbox["table"]);
      return table && listAt(table, "globalSecondaryIndexes").length > 0 ? void 0 : "its outbox has no index";
    }
  }
];

// policy/rules.ts
var rules = [
  ...queueRules,
  ...deliveryRules,
  ...permissionRules,
  ...functionRules,
  ...storageRules,
  ...apiRules,
  ...alarmRules,
  ...orderRules
].sort((a, b) => a.row - b.row);

// policy/pack-entry.ts
new import_policy.PolicyPack("order-fanout", {
  enforcementLevel: "mandatory",
  policies: rules.map((rule) => ({
    name: rule.id,
    description: rule.title,
    url: rule.page,
    remediationSteps: rule.fix,
    validateStack: ({ resources }, report) => {
      const graph = graphOf(resources);
      for (const { resource, fix } of findingsOf(rule, graph, settingsOf(graph))) report(fix, resource);
    }
  }))
});
function graphOf(resources) {
  return resources.map((resource) => ({
    urn: resource.urn,
    type: resource.type,
    name: resource.name,
    props: withUnknowns(resource.props),
    parent: resource.parent?.urn,
    dependsOn: resource.dependencies.map(({ urn }) => urn),
    references: Object.fromEntries(
      Object.entries(resource.propertyDependencies).map(([key, behind2]) => [key, behind2.map(({ urn }) => urn)])
    ),
    protect: resource.opts.protect
  }));
}
function withUnknowns(props) {
  return Object.fromEntries(
    Object.keys(props).filter((key) => key !== "code").map((key) => [key, knownOrNot(() => props[key])])
  );
}
function knownOrNot(read) {
  let value;
  try {
    value = read();
  } catch {
    return UNKNOWN;
  }
  if (Array.isArray(value)) {
    const list = value;
    return Array.from({ length: list.length }, (_, index) => knownOrNot(() => list[index]));
  }
  return isRecord(value) ? withUnknowns(value) : value;
}
