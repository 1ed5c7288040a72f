import { expect } from "chai";
import * as z from "zod";
import {
  configOf,
  evaluate,
  evaluateProgram,
  ownersValues,
  root,
  type Graph,
  type Resource,
} from "../support/evaluate.ts";
import { ancestors, ofType, sentence, someOfType, statements } from "../support/graph.ts";

/**
 * The rules that every resource graph obeys, asserted over all resources of a type, whatever their names: what a new
 * component brings along is held to them as well.
 */
const QUEUE = "aws:sqs/queue:Queue";
const QUEUE_POLICY = "aws:sqs/queuePolicy:QueuePolicy";
const FUNCTION = "aws:lambda/function:Function";
const MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping";
const SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription";
const TABLE = "aws:dynamodb/table:Table";
const BUCKET = "aws:s3/bucket:Bucket";
const ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy";
const DAY = 24 * 3_600;

/** What the rules look up in a stack's config. */
const Config = z.looseObject({
  production: z.boolean().default(false),
  corsOrigins: z.array(z.string()).default([]),
  throttle: z.object({ rate: z.number(), burst: z.number() }).default({ rate: 50, burst: 100 }),
  apiReservedConcurrency: z.number().optional(),
  consumers: z.record(
    z.string(),
    z.looseObject({ survivesOutageMinutes: z.number().default(0), reservedConcurrency: z.number().optional() }),
  ),
});

/** Pulumi.dev.yaml and Pulumi.prod.yaml as they are, so that editing them needs no change here, and one of the extremes. */
const stacks: Record<string, { stack: string; stacks?: string; over: object }> = {
  "the dev stack": { stack: "dev", stacks: root, over: { consumers: { loyalty: {} } } },
  "the prod stack": { stack: "prod", stacks: root, over: await ownersValues() },
  "a stack with slow and with hasty consumers": {
    stack: "dev",
    over: {
      consumers: {
        inventory: { timeoutSeconds: 120, batchSize: 500, batchWindowSeconds: 60 },
        notifications: { timeoutSeconds: 1, survivesOutageMinutes: 120 },
        shipment: {
          timeoutSeconds: 10,
          survivesOutageMinutes: 2_880,
          provisioned: { min: 2, max: 3 },
          reservedConcurrency: 30,
        },
      },
    },
  },
};

for (const [title, asked] of Object.entries(stacks)) {
  describe(`the rules over ${title}`, () => {
    let graph: Graph;
    let exports: Record<string, unknown>;
    let config: z.output<typeof Config>;
    before(async () => {
      ({ resources: graph, exports } = await evaluateProgram(asked));
      config = Config.parse(await configOf(asked));
    });

    it("leaves a message invisible for 6 x the function's timeout and the batch window", () => {
      for (const { name, queue, mapping, lambda } of consumers(graph)) {
        const needed = 6 * lambda.timeout + mapping.maximumBatchingWindowInSeconds;
        expect(queue.visibilityTimeoutSeconds, name).to.be.at.least(needed);
      }
    });

    it("leaves a message invisible for a minute more than the ledger's lease", () => {
      const leases = consumers(graph).flatMap(({ name, queue, lambda }) => {
        const lease = lambda.environment.variables["LEASE_SECONDS"];
        return lease === undefined ? [] : [{ name, queue, lease: Number(lease), timeout: lambda.timeout }];
      });
      expect(leases).to.have.length.above(0);
      for (const { name, queue, lease, timeout } of leases) {
        expect(lease, name).to.equal(timeout + 120);
        expect(queue.visibilityTimeoutSeconds, name).to.be.at.least(lease + 60);
      }
    });

    it("sets a poison message aside after 5 attempts or more, and keeps it 14 days", () => {
      const all = someOfType(graph, QUEUE).map(([, { name, inputs }]) => ({ name, ...Queue.parse(inputs) }));
      const sources = all.filter((queue) => queue.redrivePolicy !== undefined);
      const deadLetters = new Set(sources.map(({ redrivePolicy }) => redrivePolicy?.deadLetterTargetArn));
      for (const queue of all) {
        if (queue.redrivePolicy === undefined) {
          expect(deadLetters, `${queue.name} is no dead-letter queue`).to.include(arnOf(queue.name));
          expect(queue.messageRetentionSeconds, queue.name).to.equal(14 * DAY);
        } else {
          expect(queue.redrivePolicy.maxReceiveCount, queue.name).to.be.within(5, 1_000);
          expect(queue.messageRetentionSeconds, queue.name).to.be.below(14 * DAY);
        }
      }
    });

    it("tries a message for longer than the outage that its consumer must survive", () => {
      for (const { name, queue } of consumers(graph)) {
        const last = ((queue.redrivePolicy?.maxReceiveCount ?? 0) - 1) * queue.visibilityTimeoutSeconds;
        expect(last, name).to.be.at.least(60 * (config.consumers[name]?.survivesOutageMinutes ?? 0));
      }
    });

    it("protects every queue in production, so that no config line can delete its messages", () => {
      const queues = someOfType(graph, QUEUE).map(([, { name, protect }]) => ({ name, protect }));
      expect(queues).to.deep.equal(queues.map(({ name }) => ({ name, protect: config.production })));
    });

    it("has partial batch responses on every mapping, and a maximum of concurrency or of pollers", () => {
      for (const { name, mapping, lambda } of consumers(graph)) {
        expect(mapping.functionResponseTypes, name).to.deep.equal(["ReportBatchItemFailures"]);
        const { scalingConfig, provisionedPollerConfig: pollers } = mapping;
        expect([scalingConfig, pollers].filter(Boolean), name).to.have.length(1);
        const most = scalingConfig?.maximumConcurrency ?? 10 * (pollers?.maximumPollers ?? 0);
        expect(lambda.reservedConcurrentExecutions ?? 100_000, name).to.be.at.least(most);
        if (mapping.batchSize > 10) expect(mapping.maximumBatchingWindowInSeconds, name).to.be.at.least(1);
      }
    });

    it("says in the outputs how each consumer stands a surge", () => {
      const { consumers } = z.object({ consumers: z.record(z.string(), z.unknown()) }).parse(exports["surges"]);
      expect(Object.keys(consumers).sort()).to.deep.equal(Object.keys(config.consumers).sort());
    });

    it("reserves for each function what the config says, and for no other", () => {
      const functions = someOfType(graph, FUNCTION).map(([urn, { name, inputs }]) => ({
        name,
        within: ancestors(graph, urn).at(-1)?.split("::").at(-1) ?? "",
        reserved: inputs["reservedConcurrentExecutions"],
      }));
      const expected = functions.map(({ name, within }) => ({
        name,
        within,
        reserved: within === "api" ? config.apiReservedConcurrency : config.consumers[within]?.reservedConcurrency,
      }));
      expect(functions).to.deep.equal(expected);
    });

    it("has raw delivery, a filter and a dead-letter queue that SNS may write to on every subscription", () => {
      for (const [, { name, inputs }] of queueSubscriptions(graph)) {
        const { filterPolicy, rawMessageDelivery, redrivePolicy } = Subscription.parse(inputs);
        expect(rawMessageDelivery, name).to.equal(true);
        expect(filterPolicy.type, name).to.have.length.above(0);
        expect(admitted(graph, redrivePolicy.deadLetterTargetArn, String(inputs["topic"])), name).to.equal(true);
        expect(admitted(graph, String(inputs["endpoint"]), String(inputs["topic"])), name).to.equal(true);
      }
    });

    it("has one policy on each queue, that admits the topic alone, and only over TLS", () => {
      const topics = someOfType(graph, "aws:sns/topic:Topic").map(([, { name }]) => topicArnOf(name));
      const governed = someOfType(graph, QUEUE_POLICY).map(([, policy]) => {
        const [url] = z.array(z.string()).parse([policy.inputs["queueUrl"]]);
        const arn = arnOf(url?.split("/").at(-1) ?? "");
        expect(statements(policy).map(sentence), policy.name).to.have.members([
          `Allow {"Service":"sns.amazonaws.com"} sqs:SendMessage on ${arn} if {"ArnEquals":{"aws:SourceArn":"${topics[0]}"}}`,
          `Deny everybody sqs:* on ${arn} if {"Bool":{"aws:SecureTransport":"false"}}`,
        ]);
        return arn;
      });
      const queues = someOfType(graph, QUEUE).map(([, { name }]) => arnOf(name));
      expect(governed.sort()).to.deep.equal(queues.sort());
    });

    it("refuses to publish without TLS, on every topic", () => {
      const guarded = someOfType(graph, "aws:sns/topicPolicy:TopicPolicy").map(([, policy]) => {
        const arn = String(policy.inputs["arn"]);
        const alarms = `Allow {"Service":"cloudwatch.amazonaws.com"} sns:Publish on ${arn} if {"StringEquals":{"aws:SourceAccount":"111122223333"}}`;
        expect(statements(policy).map(sentence)).to.have.members([
          `Deny everybody sns:Publish on ${arn} if {"Bool":{"aws:SecureTransport":"false"}}`,
          ...(policy.name === "operations-alarms-policy" ? [alarms] : []),
        ]);
        return arn;
      });
      const topics = someOfType(graph, "aws:sns/topic:Topic").map(([, { name }]) => topicArnOf(name));
      expect(guarded).to.deep.equal(topics);
    });

    it("encrypts every queue, and by no key that SNS may not use", () => {
      for (const [, { name, inputs }] of someOfType(graph, QUEUE)) {
        expect([inputs["sqsManagedSseEnabled"], inputs["kmsMasterKeyId"]], name).to.deep.equal([true, undefined]);
      }
      for (const [, { name, inputs }] of someOfType(graph, "aws:sns/topic:Topic")) {
        expect(inputs["kmsMasterKeyId"], name).to.not.equal("alias/aws/sns");
      }
    });

    it("allows no `*` but a log group's streams, a bucket's objects, and network interfaces where it is private, and SMS where it is on", () => {
      const wide = someOfType(graph, ROLE_POLICY).flatMap(([, policy]) =>
        statements(policy)
          .filter(
            ({ Action, Resource, NotResource }) =>
              NotResource !== undefined || [...Action, ...(Resource ?? [])].some((text) => text.includes("*")),
          )
          .map((statement) => ({ policy: policy.name, statement })),
      );
      const inVpc = someOfType(graph, FUNCTION).every(([, { inputs }]) => inputs["vpcConfig"] !== undefined);
      const excused = wide.filter(({ policy, statement: { Action, Resource, NotResource } }) => {
        if (Action.some((action) => action.includes("*"))) return false;
        if (Action.every((action) => action.startsWith("ec2:"))) return inVpc;
        if (NotResource) return policy === "notifications-policy" && Action.join() === "sns:Publish";
        return (
          Resource?.every((arn) => arn.indexOf("*") === arn.length - 1) &&
          (Action.every((action) => action.startsWith("logs:")) || Action.join() === "s3:PutObject")
        );
      });
      expect(wide.filter((one) => !excused.includes(one))).to.deep.equal([]);
    });

    it("says nothing but Allow, each with an action and a resource, in every role's policy", () => {
      for (const [, policy] of someOfType(graph, ROLE_POLICY)) {
        for (const statement of statements(policy)) {
          expect(statement, policy.name)
            .to.include({ Effect: "Allow" })
            .and.to.not.have.any.keys("Principal", "Condition");
        }
      }
    });

    it("gives every function a role of its own, with one policy, assumed by Lambda alone", () => {
      const functions = someOfType(graph, FUNCTION);
      const roles = functions.map(([, { inputs }]) => String(inputs["role"]));
      expect(new Set(roles).size).to.equal(functions.length);
      const policies = someOfType(graph, ROLE_POLICY).map(([, { inputs }]) => String(inputs["role"]));
      expect(new Set(policies).size).to.equal(policies.length);
      for (const [, role] of someOfType(graph, "aws:iam/role:Role")) {
        const service = roles.some((arn) => arn.endsWith(`/${role.name}`)) ? "lambda" : "scheduler";
        const onBehalf = service === "scheduler" ? ' if {"StringEquals":{"aws:SourceAccount":"111122223333"}}' : "";
        expect(statements(role, "assumeRolePolicy").map(sentence), role.name).to.deep.equal([
          `Allow {"Service":"${service}.amazonaws.com"} sts:AssumeRole${onBehalf}`,
        ]);
        expect(role.inputs, role.name).to.not.have.any.keys("managedPolicyArns", "inlinePolicies");
      }
      expect(ofType(graph, "aws:iam/rolePolicyAttachment:RolePolicyAttachment")).to.deep.equal([]);
    });

    it("runs every function on nodejs24.x and arm64, with limits, and logs that end", () => {
      const groups = new Map(
        someOfType(graph, "aws:cloudwatch/logGroup:LogGroup").map(([, { name, inputs }]) => [name, inputs]),
      );
      for (const [, { name, inputs }] of someOfType(graph, FUNCTION)) {
        const lambda = Lambda.parse(inputs);
        expect([lambda.runtime, lambda.architectures], name).to.deep.equal(["nodejs24.x", ["arm64"]]);
        expect(groups.has(lambda.loggingConfig.logGroup), name).to.equal(true);
      }
      for (const [name, inputs] of groups) expect(inputs["retentionInDays"], name).to.be.a("number").above(0);
    });

    it("answers well before the API gives up", () => {
      const lambdas = new Map(someOfType(graph, FUNCTION).map(([, { name, inputs }]) => [name, Lambda.parse(inputs)]));
      for (const [, { name, inputs }] of someOfType(graph, "aws:apigatewayv2/integration:Integration")) {
        const invoked = invokedBy(String(inputs["integrationUri"]));
        expect(lambdas.get(invoked.function)?.timeout, name).to.be.within(1, 29);
        expect(inputs["payloadFormatVersion"], name).to.equal("2.0");
      }
    });

    it("invokes every function by its alias, which is its published version", () => {
      const published = someOfType(graph, FUNCTION).map(([, { name, inputs }]) => [name, inputs["publish"]]);
      const aliases = someOfType(graph, "aws:lambda/alias:Alias").map(([, { inputs }]) => inputs);
      expect(aliases).to.have.deep.members(
        published.map(([functionName]) => ({ functionName, functionVersion: "1", name: "live" })),
      );
      expect(published.filter(([, publish]) => publish !== true)).to.deep.equal([]);

      const inputsOf = (type: string) => someOfType(graph, type).map(([, { inputs }]) => inputs);
      const invoked = [
        ...inputsOf(MAPPING).map((inputs) => String(inputs["functionName"])),
        ...inputsOf("aws:apigatewayv2/integration:Integration").map((inputs) => String(inputs["integrationUri"])),
        ...inputsOf("aws:scheduler/schedule:Schedule").map(
          (inputs) => z.object({ arn: z.string() }).parse(inputs["target"]).arn,
        ),
      ].map(invokedBy);
      expect(new Set(invoked.map(({ qualifier }) => qualifier))).to.deep.equal(new Set(["live"]));
      expect(invoked.map((one) => one.function)).to.have.members(published.map(([name]) => name));
      const configured = [
        ...inputsOf("aws:lambda/permission:Permission"),
        ...inputsOf("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"),
      ];
      expect(configured.map((inputs) => inputs["qualifier"])).to.deep.equal(configured.map(() => "live"));
    });

    it("keeps every table on demand, recoverable, encrypted, and in production protected", () => {
      for (const [, { name, inputs, protect }] of someOfType(graph, TABLE)) {
        const { billingMode, pointInTimeRecovery, serverSideEncryption, deletionProtectionEnabled } = inputs;
        expect(
          { billingMode, pointInTimeRecovery, serverSideEncryption, deletionProtectionEnabled, protect },
          name,
        ).to.deep.equal({
          billingMode: "PAY_PER_REQUEST",
          pointInTimeRecovery: { enabled: true },
          serverSideEncryption: { enabled: true },
          deletionProtectionEnabled: config.production,
          protect: config.production,
        });
      }
    });

    it("lets contact data and the ledger's items end by the attribute that the code writes", () => {
      const ledgers = new Set(
        someOfType(graph, FUNCTION).flatMap(([, { inputs }]) => {
          const { LEASE_SECONDS, RESOURCES } = Lambda.parse(inputs).environment.variables;
          const names = z.record(z.string(), z.string()).parse(JSON.parse(RESOURCES ?? "{}"));
          return LEASE_SECONDS === undefined ? [] : [names["effects"]];
        }),
      );
      const ending = someOfType(graph, TABLE).filter(([, { inputs }]) => inputs["ttl"] !== undefined);
      expect(ending.map(([, { name, inputs }]) => [name, inputs["ttl"]])).to.deep.equal(
        [...ledgers, "orders-table"].map((name) => [name, { attributeName: "expiresAt", enabled: true }]),
      );
    });

    it("closes every bucket to the public and to plain HTTP, and keeps what is in it in production", () => {
      const having = (type: string) =>
        new Map(someOfType(graph, type).map(([, one]) => [String(one.inputs["bucket"]), one]));
      const blocks = having("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock");
      const policies = having("aws:s3/bucketPolicy:BucketPolicy");
      const lifecycles = having("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration");
      for (const [, { name, inputs, protect }] of someOfType(graph, BUCKET)) {
        expect({ forceDestroy: inputs["forceDestroy"], protect }).to.deep.equal({
          forceDestroy: !config.production,
          protect: config.production,
        });
        expect(blocks.get(name)?.inputs).to.deep.equal({
          bucket: name,
          blockPublicAcls: true,
          blockPublicPolicy: true,
          ignorePublicAcls: true,
          restrictPublicBuckets: true,
        });
        const policy = policies.get(name);
        expect(policy && statements(policy).map(sentence)).to.deep.equal([
          `Deny everybody s3:* on arn:aws:s3:::${name}, arn:aws:s3:::${name}/* if {"Bool":{"aws:SecureTransport":"false"}}`,
        ]);
        expect(lifecycles.get(name)?.inputs["rules"]).to.be.an("array").with.length.above(0);
      }
    });

    it("shards every outbox, and keeps nothing but keys in its index", () => {
      const indexes = someOfType(graph, TABLE).flatMap(([, { inputs }]) =>
        z.array(z.unknown()).default([]).parse(inputs["globalSecondaryIndexes"]),
      );
      expect(indexes).to.deep.equal([
        { name: "outbox", hashKey: "outboxShard", rangeKey: "outboxSince", projectionType: "KEYS_ONLY" },
      ]);
    });

    it("throttles every API, logs who called, and admits no origin that is not named", () => {
      const staged = someOfType(graph, "aws:apigatewayv2/stage:Stage").map(([, { inputs }]) => {
        const { defaultRouteSettings, accessLogSettings } = Stage.parse(inputs);
        const { rate, burst } = config.throttle;
        expect(defaultRouteSettings).to.deep.equal({ throttlingRateLimit: rate, throttlingBurstLimit: burst });
        expect(accessLogSettings.destinationArn).to.match(/:log-group:api-access-logs$/);
        expect(accessLogSettings.format).to.not.match(/sourceIp|\$context\.path|header|userAgent|authorizer/);
        return String(inputs["apiId"]);
      });
      const apis = someOfType(graph, "aws:apigatewayv2/api:Api").map(([, { name, inputs }]) => {
        const cors = z
          .object({ allowOrigins: z.array(z.string()) })
          .optional()
          .parse(inputs["corsConfiguration"]);
        expect(cors?.allowOrigins ?? []).to.deep.equal(config.corsOrigins);
        return `${name}-id`;
      });
      expect(staged).to.deep.equal(apis);
    });

    it("has a route for a browser's preflight exactly where origins are named: $default would refuse it", () => {
      const keys = someOfType(graph, "aws:apigatewayv2/route:Route").map(([, { inputs }]) => inputs["routeKey"]);
      expect(keys).to.include("$default");
      expect(keys.includes("OPTIONS /{proxy+}")).to.equal(config.corsOrigins.length > 0);
    });

    it("has no secret in plain text in what a function is given", () => {
      for (const [, { name, inputs }] of someOfType(graph, FUNCTION)) {
        const given = Object.keys(Lambda.parse(inputs).environment.variables);
        expect(
          given.filter((key) => /secret|token|password|api_?key|credential/i.test(key)),
          name,
        ).to.deep.equal([]);
      }
    });

    it("makes a mapping after its role's policy, and a function too", () => {
      for (const [urn, { name, dependsOn }] of [...someOfType(graph, MAPPING), ...someOfType(graph, FUNCTION)]) {
        const component = ancestors(graph, urn).at(-1);
        const within = someOfType(graph, ROLE_POLICY).filter(
          ([policy]) => ancestors(graph, policy).at(-1) === component,
        );
        expect(
          within.some(([policy]) => dependsOn.includes(policy)),
          name,
        ).to.equal(true);
      }
    });

    it("makes a subscription after the policies of its queue and its dead-letter queue", () => {
      for (const [, { name, inputs, dependsOn }] of queueSubscriptions(graph)) {
        const { redrivePolicy } = Subscription.parse(inputs);
        const waited = dependsOn
          .map((urn) => graph.get(urn))
          .filter((one) => one?.type === QUEUE_POLICY)
          .map((one) => arnOf(String(one?.inputs["queueUrl"]).split("/").at(-1) ?? ""));
        expect(waited, name).to.have.members([inputs["endpoint"], redrivePolicy.deadLetterTargetArn]);
      }
    });

    it("makes a route after the permission to invoke its function", () => {
      for (const [, { name, dependsOn }] of someOfType(graph, "aws:apigatewayv2/route:Route")) {
        const waited = dependsOn.map((urn) => graph.get(urn)).filter((one) => one?.type.includes("/permission:"));
        expect(
          waited.map((one) => one?.inputs["function"]),
          name,
        ).to.deep.equal([name]);
      }
    });

    it("has a component around every resource but the stack's own components", () => {
      const orphans = [...graph].filter(([urn, { custom }]) => custom && ancestors(graph, urn).length === 0);
      expect(orphans.map(([urn]) => urn)).to.deep.equal([]);
      const components = [...graph.values()].filter(({ custom, type }) => !custom && !/^(pulumi|awsx):/.test(type));
      for (const { type, name } of components) expect(type, name).to.match(/^order-fanout:[a-z]+:[A-Z][A-Za-z]+$/);
    });
  });
}

it("counts each of the API's functions among the reservations, the preflight's too", async () => {
  const over = { apiReservedConcurrency: 100, accountConcurrency: 699, corsOrigins: ["http://shop.test"] };
  const refused = await evaluate("dev", over).catch(({ message }: Error) => message);
  expect(refused).to.match(/^ {2}accountConcurrency: 600 executions are reserved, .*\. Reserve at most 599,/m);
});

it("allows SMS only where it is on", async () => {
  const silent = await evaluate("dev", { consumers: { notifications: { settings: { sms: false } } } });
  const texting = someOfType(silent, ROLE_POLICY).flatMap(([, policy]) =>
    statements(policy).filter(({ NotResource }) => NotResource !== undefined),
  );
  expect(texting).to.deep.equal([]);
});

const json = <S extends z.ZodType>(schema: S) =>
  z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(schema);

const Queue = z.looseObject({
  messageRetentionSeconds: z.number(),
  visibilityTimeoutSeconds: z.number().default(30),
  redrivePolicy: json(z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: z.int() })).optional(),
});
const Lambda = z.looseObject({
  runtime: z.string(),
  architectures: z.array(z.string()),
  timeout: z.int().min(1).max(900),
  memorySize: z.int().min(128).max(10_240),
  reservedConcurrentExecutions: z.int().optional(),
  environment: z.object({ variables: z.record(z.string(), z.string()) }),
  loggingConfig: z.object({ logFormat: z.literal("Text"), logGroup: z.string() }),
});
const Mapping = z.looseObject({
  batchSize: z.int(),
  maximumBatchingWindowInSeconds: z.int(),
  functionResponseTypes: z.array(z.string()),
  scalingConfig: z.strictObject({ maximumConcurrency: z.int().min(2).max(1_000) }).optional(),
  provisionedPollerConfig: z
    .strictObject({ minimumPollers: z.int().min(2).max(200), maximumPollers: z.int().min(2).max(2_000) })
    .optional(),
});
const Subscription = z.looseObject({
  rawMessageDelivery: z.boolean(),
  filterPolicy: json(z.strictObject({ type: z.array(z.string()) })),
  redrivePolicy: json(z.strictObject({ deadLetterTargetArn: z.string() })),
});
const Stage = z.looseObject({
  defaultRouteSettings: z.unknown(),
  accessLogSettings: z.strictObject({ destinationArn: z.string(), format: z.string() }),
});

const arnOf = (queue: string) => `arn:aws:sqs:eu-west-1:111122223333:${queue}`;
const topicArnOf = (topic: string) => `arn:aws:sns:eu-west-1:111122223333:${topic}`;

/** Each event source mapping with its queue and its function. */
function consumers(graph: Graph) {
  const named = (type: string) => new Map(someOfType(graph, type).map(([, resource]) => [resource.name, resource]));
  const [queues, lambdas] = [named(QUEUE), named(FUNCTION)];
  const inputsOf = (found: Resource | undefined) => found?.inputs;
  return someOfType(graph, MAPPING).map(([, { inputs }]) => {
    const name = invokedBy(String(inputs["functionName"])).function;
    const queue = String(inputs["eventSourceArn"]).split(":").at(-1) ?? "";
    return {
      name,
      mapping: Mapping.parse(inputs),
      queue: Queue.parse(inputsOf(queues.get(queue))),
      lambda: Lambda.parse(inputsOf(lambdas.get(name))),
    };
  });
}

/** Every subscription of a queue: people may be subscribed to the alarms. */
const queueSubscriptions = (graph: Graph): [string, Resource][] =>
  someOfType(graph, SUBSCRIPTION).filter(([, { inputs }]) => inputs["protocol"] === "sqs");

/** The function and the alias or version that an ARN names, behind which API Gateway has `/invocations`. */
function invokedBy(arn: string): { function: string; qualifier: string | undefined } {
  const [, name = "", qualifier] = /:function:([^:/]+)(?::([^/]+))?/.exec(arn) ?? [];
  return { function: name, qualifier };
}

/** Whether a queue's policy lets SNS send to it for a topic. */
const admitted = (graph: Graph, queueArn: string, topicArn: string): boolean =>
  someOfType(graph, QUEUE_POLICY).some(([, policy]) =>
    statements(policy).some(
      ({ Effect, Action, Resource, Condition }) =>
        Effect === "Allow" &&
        Action.includes("sqs:SendMessage") &&
        Resource?.includes(queueArn) &&
        Condition?.["ArnEquals"]?.["aws:SourceArn"] === topicArn,
    ),
  );
