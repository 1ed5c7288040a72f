import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Complaint, NeedsOf, Uncarried } from "../runtime/define/types.ts";
import type { Route } from "../runtime/index.ts";
import type { FanOutTopic } from "./fan-out-topic.ts";
import { HandlerFunction, type FunctionVpc } from "./handler-function.ts";
import { toRecord, type Unoffered } from "./resources.ts";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";
/** A method and a path, such as `GET /orders/{orderId}`; `$default` gets what no other route matches. */
export type RouteKey = `${Method} /${string}` | "$default";

type Routes = Readonly<Record<string, Route>>;
/** A complaint about each key that is no route's. */
type Unroutable<K> =
  Complaint<`\`${Exclude<K & string, RouteKey>}\` is not a route: write a method and a path, such as \`GET /orders/{orderId}\``>;

export interface OrderApiArgs<R extends Routes, T extends string, O> {
  topic: Uncarried<NeedsOf<R>, T> & FanOutTopic<T>;
  /** Each route's definition. */
  routes: Unroutable<keyof R> & R;
  /** The resources of the program; all that the routes use must be there, of the right kind. */
  resources: Unoffered<NeedsOf<R>, O> & O;
  /** Requests a second that are let through, and how many at once. */
  throttle: { rate: number; burst: number };
  /** Origins that a browser may call from. */
  corsOrigins: readonly string[];
  /** Whose tokens are taken, and for whom they are. Default none: whoever has the URL may call every route. */
  auth?: Auth | undefined;
  /** Concurrent executions that each of its functions has for itself. Default none. */
  apiReservedConcurrency?: number | undefined;
  /** Days that contact data is kept after its order has ended: CONTACT_DAYS, for the routes that want it. */
  contactDays: number;
  /** Days that logs are kept. */
  logRetentionDays: number;
  /** Where its functions run inside a VPC. Default outside of any. */
  vpc?: FunctionVpc | undefined;
}

/** An OpenID Connect issuer, and the audiences of which its tokens must name one. */
interface Auth {
  readonly issuer: string;
  readonly audience: readonly string[];
}

/** Well under the 30 s after which the API gives up. */
const TIMEOUT_SECONDS = 10;
/** A customer waits for it: a cold function's first order takes 232 ms, and at 512 MB 554 (docs/performance.md). */
const MEMORY_MB = 1_024;

/** The HTTP API: one function for each route, throttled, with access logs. */
export class OrderApi<R extends Routes, T extends string, O extends object> extends pulumi.ComponentResource {
  /** Without a slash at its end. */
  readonly url: pulumi.Output<string>;
  readonly ordersUrl: pulumi.Output<string>;
  readonly name: string;
  readonly apiId: pulumi.Output<string>;
  /** The timeout of each of its functions. */
  readonly timeoutSeconds = TIMEOUT_SECONDS;
  /** Each route's function, by the route's key. */
  readonly functions: Readonly<Record<string, HandlerFunction>>;

  constructor(name: string, args: OrderApiArgs<R, T, O>, opts?: pulumi.ComponentResourceOptions) {
    super("order-fanout:orders:OrderApi", name, {}, opts);
    const parent = { parent: this };

    const api = new aws.apigatewayv2.Api(name, { protocolType: "HTTP", ...cors(args.corsOrigins) }, parent);
    const authorizer = args.auth && createAuthorizer(name, api, args.auth, this);
    const routes = Object.entries<Route>({ ...preflightRoute(args), ...args.routes });
    this.functions = Object.fromEntries(
      routes.map(([key, definition]) => [key, this.addRoute(name, api, key, definition, args, authorizer)]),
    );
    createStage(name, api, args, this);

    this.name = name;
    this.apiId = api.id;
    this.url = api.apiEndpoint;
    this.ordersUrl = pulumi.interpolate`${api.apiEndpoint}/orders`;
    this.registerOutputs({ url: this.url });
  }

  private addRoute(
    name: string,
    api: aws.apigatewayv2.Api,
    key: string,
    definition: Route,
    args: OrderApiArgs<R, T, O>,
    authorizer: aws.apigatewayv2.Authorizer | undefined,
  ): HandlerFunction {
    const routeName = `${name}-${slug(key)}`;
    const parent = { parent: this };
    const routes = Object.keys(args.routes).filter((route) => route !== "$default");
    const handlerFunction = new HandlerFunction(
      routeName,
      {
        wrapper: "serve",
        handler: definition,
        resources: toRecord(args.resources),
        topic: args.topic,
        timeoutSeconds: TIMEOUT_SECONDS,
        memoryMb: MEMORY_MB,
        reservedConcurrency: args.apiReservedConcurrency,
        logRetentionDays: args.logRetentionDays,
        vpc: args.vpc,
        handlerName: key,
        environment: {
          ...(key === "$default" && { ROUTES: JSON.stringify(routes) }),
          ...(definition.variables?.includes("CONTACT_DAYS") && { CONTACT_DAYS: String(args.contactDays) }),
        },
      },
      parent,
    );
    const { alias } = handlerFunction;
    const permission = new aws.lambda.Permission(
      `${routeName}-permission`,
      {
        action: "lambda:InvokeFunction",
        function: alias.functionName,
        qualifier: alias.name,
        principal: "apigateway.amazonaws.com",
        sourceArn: pulumi.interpolate`${api.executionArn}/*/${key === "$default" ? key : key.replace(" ", "")}`,
      },
      parent,
    );
    const integration = new aws.apigatewayv2.Integration(
      `${routeName}-integration`,
      {
        apiId: api.id,
        integrationType: "AWS_PROXY",
        integrationUri: alias.invokeArn,
        integrationMethod: "POST",
        payloadFormatVersion: "2.0",
      },
      parent,
    );
    new aws.apigatewayv2.Route(
      routeName,
      {
        apiId: api.id,
        routeKey: key,
        target: pulumi.interpolate`integrations/${integration.id}`,
        ...(authorizer && authorization(authorizer, definition)),
      },
      { parent: this, dependsOn: [permission] },
    );
    return handlerFunction;
  }
}

/**
 * The check of a caller's token, which comes in the header Authorization:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 */
const createAuthorizer = (
  name: string,
  api: aws.apigatewayv2.Api,
  { issuer, audience }: Auth,
  parent: pulumi.Resource,
): aws.apigatewayv2.Authorizer =>
  new aws.apigatewayv2.Authorizer(
    `${name}-authorizer`,
    {
      apiId: api.id,
      authorizerType: "JWT",
      identitySources: ["$request.header.Authorization"],
      jwtConfiguration: { issuer, audiences: [...audience] },
    },
    { parent },
  );

/** One of the scopes is enough. */
const authorization = (
  authorizer: aws.apigatewayv2.Authorizer,
  { scopes }: Route,
): Pick<aws.apigatewayv2.RouteArgs, "authorizationType" | "authorizerId" | "authorizationScopes"> =>
  scopes === "public"
    ? {}
    : { authorizationType: "JWT", authorizerId: authorizer.id, authorizationScopes: [...scopes] };

function createStage(
  name: string,
  api: aws.apigatewayv2.Api,
  { throttle, logRetentionDays }: Pick<OrderApiArgs<never, never, never>, "throttle" | "logRetentionDays">,
  parent: pulumi.Resource,
): void {
  // Under this prefix CloudWatch Logs lets API Gateway write without a resource policy that has a size limit
  // (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html).
  const accessLogs = new aws.cloudwatch.LogGroup(
    `${name}-access-logs`,
    { namePrefix: `/aws/vendedlogs/${name}-`, retentionInDays: logRetentionDays },
    { parent },
  );
  new aws.apigatewayv2.Stage(
    `${name}-stage`,
    {
      apiId: api.id,
      name: "$default",
      autoDeploy: true,
      defaultRouteSettings: { throttlingRateLimit: throttle.rate, throttlingBurstLimit: throttle.burst },
      accessLogSettings: { destinationArn: accessLogs.arn, format: accessLogFormat },
    },
    { parent },
  );
}

/** No path with its parameters, no header: nothing personal. */
const accessLogFormat = JSON.stringify({
  requestId: "$context.requestId",
  requestTime: "$context.requestTime",
  routeKey: "$context.routeKey",
  status: "$context.status",
  responseLatency: "$context.responseLatency",
  integrationError: "$context.integrationErrorMessage",
});

/**
 * The route that answers a browser's preflight. `$default` catches OPTIONS as well, and its 404 or 405 would be the
 * answer: a preflight passes only with a 2xx. API Gateway adds the CORS headers itself.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
const preflightRoute = ({ corsOrigins }: { corsOrigins: readonly string[] }): Routes =>
  corsOrigins.length === 0
    ? {}
    : { "OPTIONS /{proxy+}": { scopes: "public", handle: async () => ({ statusCode: 204 }) } };

const cors = (allowOrigins: readonly string[]): Pick<aws.apigatewayv2.ApiArgs, "corsConfiguration"> =>
  allowOrigins.length === 0
    ? {}
    : {
        corsConfiguration: {
          allowOrigins: [...allowOrigins],
          allowMethods: ["GET", "POST"],
          allowHeaders: ["authorization", "content-type", "idempotency-key", "x-correlation-id", "traceparent"],
          exposeHeaders: ["location", "idempotency-replayed", "x-correlation-id"],
          maxAge: 3_600,
        },
      };

/** `GET /orders/{orderId}` is `get-orders-orderid`. */
const slug = (key: string): string =>
  key
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
