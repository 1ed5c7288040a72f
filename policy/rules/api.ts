import { at, behind, isRecord, jsonAt, listAt, numberAt, referringTo, textAt } from "../graph.ts";
import type { Rule } from "../rule.ts";
import { API, AUTHORIZER, LOG_GROUP, ROUTE, STAGE } from "../types.ts";

/** Routes that anybody may call: health, what no other route matches, and a browser's preflight, which has no token. */
const OPEN = ["GET /health", "$default", "OPTIONS /{proxy+}"];

/** What would put a person into the access log. */
const PERSONAL = /sourceIp|userAgent|\$context\.path|\$context\.authorizer|\$request\.|header|querystring/i;

export const apiRules: readonly Rule[] = [
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
      return rate > 0 && burst > 0 ? undefined : `the limits are ${rate} and ${burst}`;
    },
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
      return length === 1 ? undefined : `it has ${length}`;
    },
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
      return isRecord(jsonAt(stage, "accessLogSettings", "format")) ? undefined : "the format is no JSON object";
    },
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
      return field === undefined ? undefined : `its format has ${field}`;
    },
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
      if (OPEN.includes(textAt(route, "routeKey"))) return undefined;
      const authorizers = behind(graph, route, "authorizerId", AUTHORIZER);
      if (textAt(route, "authorizationType") !== "JWT" || authorizers.length !== 1) return "anybody may call it";
      return listAt(route, "authorizationScopes").length > 0 ? undefined : "any scope may call it";
    },
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
      return listAt(authorizer, "jwtConfiguration", "audiences").length > 0 ? undefined : "there is no audience";
    },
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
      return open && type !== "" && type !== "NONE" ? `its authorizationType is ${type}` : undefined;
    },
  },
  {
    id: "api-has-default-route",
    row: 12,
    title: "Every API has a $default route, which answers 404 and 405 as the other routes answer errors.",
    fix: "Add the route $default",
    page: "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html",
    of: [API],
    judge: (api, graph) =>
      referringTo(graph, api, ROUTE, "apiId").some((route) => textAt(route, "routeKey") === "$default")
        ? undefined
        : "there is none",
  },
  {
    id: "preflight-has-its-route",
    row: 12,
    title: "Where browsers may call, OPTIONS /{proxy+} is a route: $default would get the preflight and refuse it.",
    fix: "Add the route OPTIONS /{proxy+}, answered by 204",
    page: "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html",
    of: [API],
    judge: (api, graph) => {
      const keys = referringTo(graph, api, ROUTE, "apiId").map((route) => textAt(route, "routeKey"));
      const [browsers, route] = [
        listAt(api, "corsConfiguration", "allowOrigins").length > 0,
        keys.includes("OPTIONS /{proxy+}"),
      ];
      if (browsers === route) return undefined;
      return browsers ? "there is no such route" : "there is one, and no browser may call";
    },
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
      return wide.length === 0 ? undefined : `allowOrigins has ${wide.map(String).join(", ")}`;
    },
  },
];
