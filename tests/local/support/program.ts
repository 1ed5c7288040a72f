// The throwaway program of the local cloud's tests: an HTTP API, a topic, queues and a table. It is run 20 times faster,
// so that a message is invisible for as long as a slow machine works on it, and comes again a second after.
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** A role that Lambda may assume, which may do these. */
function role(name: string, statements: readonly object[]): aws.iam.Role {
  const made = new aws.iam.Role(name, {
    assumeRolePolicy: JSON.stringify({
      Statement: { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
    }),
  });
  const Statement = statements.map((statement) => ({ Effect: "Allow", Resource: "*", ...statement }));
  new aws.iam.RolePolicy(name, { role: made.id, policy: JSON.stringify({ Statement }) });
  return made;
}
const polling = role("polling", [{ Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"] }]);
const calling = role("calling", [
  { Action: "dynamodb:GetItem" },
  { Action: "ses:SendEmail", Resource: "arn:aws:ses:*:*:identity/*" },
]);

function lambda(name: string, code: string, args: Partial<aws.lambda.FunctionArgs> = {}): aws.lambda.Function {
  return new aws.lambda.Function(name, {
    role: polling.arn,
    runtime: "nodejs24.x",
    handler: "index.handler",
    memorySize: 128,
    timeout: 20,
    code: new pulumi.asset.AssetArchive({ "index.js": new pulumi.asset.StringAsset(code) }),
    ...args,
  });
}

const topic = new aws.sns.Topic("events");
const deadLetters = new aws.sqs.Queue("dead-letters");
const queue = new aws.sqs.Queue("work", {
  visibilityTimeoutSeconds: 20,
  redrivePolicy: pulumi.jsonStringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount: 3 }),
});
const windowed = new aws.sqs.Queue("windowed", { visibilityTimeoutSeconds: 600 });
const filled = new aws.sqs.Queue("filled", { visibilityTimeoutSeconds: 600 });
const subscription = new aws.sns.TopicSubscription("work", {
  topic: topic.arn,
  protocol: "sqs",
  endpoint: queue.arn,
  rawMessageDelivery: true,
  filterPolicy: JSON.stringify({ type: ["order.placed"] }),
});
new aws.sqs.QueuePolicy("work", {
  queueUrl: queue.url,
  policy: pulumi.jsonStringify({
    Statement: {
      Effect: "Allow",
      Principal: { Service: "sns.amazonaws.com" },
      Action: "sqs:SendMessage",
      Resource: queue.arn,
      Condition: { ArnEquals: { "aws:SourceArn": topic.arn } },
    },
  }),
});
const table = new aws.dynamodb.Table("things", {
  attributes: [{ name: "id", type: "S" }],
  hashKey: "id",
  billingMode: "PAY_PER_REQUEST",
});
const bucket = new aws.s3.Bucket("lake");

// A record whose body says "fail" fails; everything is logged as it comes.
const worker = lambda(
  "worker",
  `exports.handler = async ({ Records }) => {
     console.log(JSON.stringify({ level: "info", message: "batch", records: Records, at: Date.now() }));
     if (Records.some(({ body }) => body === "throw")) throw new Error("as asked");
     if (Records.some(({ body }) => body === "nonsense")) return "nonsense";
     if (Records.some(({ body }) => body === "unknown")) return { batchItemFailures: [{ itemIdentifier: "unknown" }] };
     return { batchItemFailures: Records.filter(({ body }) => body === "fail").map(({ messageId }) => ({ itemIdentifier: messageId })) };
   };`,
);
const functionResponseTypes = ["ReportBatchItemFailures"];
new aws.lambda.EventSourceMapping("work", {
  eventSourceArn: queue.arn,
  functionName: worker.name,
  functionResponseTypes,
});
new aws.lambda.EventSourceMapping("windowed", {
  eventSourceArn: windowed.arn,
  functionName: worker.arn,
  batchSize: 25,
  maximumBatchingWindowInSeconds: 20,
  functionResponseTypes,
});
new aws.lambda.EventSourceMapping("filled", {
  eventSourceArn: filled.arn,
  functionName: worker.arn,
  batchSize: 16,
  maximumBatchingWindowInSeconds: 300,
  functionResponseTypes,
});

// What the body names is done.
const act = `exports.handler = async (event, context) => {
     if (event.rawPath.startsWith("/echo")) return { statusCode: 200, headers: { "Content-Type": "application/json" }, body: JSON.stringify(event) };
     if (event.rawPath.startsWith("/context")) return { name: context.functionName, remaining: context.getRemainingTimeInMillis(), memory: context.memoryLimitInMB, environment: process.env };
     const { act, ...rest } = JSON.parse(event.body);
     if (act === "sleep") await new Promise((settle) => setTimeout(settle, rest.ms));
     if (act === "spin") for (;;);
     if (act === "exit") process.exit(3);
     if (act === "hoard") for (const kept = [];;) kept.push(new Array(1e6).fill(Math.random()));
     if (act === "reject") { void Promise.reject(new Error("floating")); await new Promise((settle) => setTimeout(settle, 50)); }
     if (act === "return") return rest.value;
     if (act === "fetch") {
       try {
         const answer = await fetch(rest.url, rest.init);
         return { status: answer.status, body: await answer.text() };
       } catch (error) {
         return { thrown: error.name, message: error.message, code: error.cause?.code };
       }
     }
     return { done: act };
   };`;
const api = lambda("api", act, {
  role: calling.arn,
  timeout: 60,
  environment: { variables: { LEASE_SECONDS: "60", COLOUR: "blue" } },
});
const brief = lambda("brief", act, { timeout: 1 });
const unpermitted = lambda("unpermitted", `exports.handler = async () => ({ statusCode: 200 });`);
const gateway = new aws.apigatewayv2.Api("gateway", {
  protocolType: "HTTP",
  corsConfiguration: {
    allowOrigins: ["https://shop.example"],
    allowMethods: ["POST"],
    allowHeaders: ["content-type"],
    exposeHeaders: ["location"],
    maxAge: 60,
  },
});
function integration(name: string, target: aws.lambda.Function): pulumi.Output<string> {
  return new aws.apigatewayv2.Integration(name, {
    apiId: gateway.id,
    integrationType: "AWS_PROXY",
    integrationUri: target.invokeArn,
    payloadFormatVersion: "2.0",
  }).id.apply((id) => `integrations/${id}`);
}
const toApi = integration("api", api);
const toBrief = integration("brief", brief);
const toUnpermitted = integration("unpermitted", unpermitted);
const routes = { act: "POST /act", echo: "ANY /echo/{thing}", context: "GET /context", limited: "GET /echo/limited" };
for (const [name, routeKey] of Object.entries(routes)) {
  new aws.apigatewayv2.Route(name, { apiId: gateway.id, routeKey, target: toApi });
}
new aws.apigatewayv2.Route("unpermitted", { apiId: gateway.id, routeKey: "GET /unpermitted", target: toUnpermitted });
new aws.apigatewayv2.Route("brief", { apiId: gateway.id, routeKey: "POST /brief", target: toBrief });
new aws.apigatewayv2.Stage("default", {
  apiId: gateway.id,
  name: "$default",
  autoDeploy: true,
  defaultRouteSettings: { throttlingRateLimit: 100, throttlingBurstLimit: 100 },
  routeSettings: [{ routeKey: "GET /echo/limited", throttlingRateLimit: 0.001, throttlingBurstLimit: 2 }],
});
for (const [name, permitted] of Object.entries({ api, brief })) {
  new aws.lambda.Permission(name, {
    action: "lambda:InvokeFunction",
    function: permitted.name,
    principal: "apigateway.amazonaws.com",
    sourceArn: pulumi.interpolate`${gateway.executionArn}/*/*`,
  });
}

export const topicArn = topic.arn;
export const queueUrl = queue.url;
export const windowedUrl = windowed.url;
export const filledUrl = filled.url;
export const deadLetterQueueUrl = deadLetters.url;
export const tableName = table.name;
export const bucketName = bucket.bucket;
export const functionName = api.name;
export const briefName = brief.name;
export const subscriptionArn = subscription.arn;
