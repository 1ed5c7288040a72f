import { randomBytes, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { isVisitor } from "../endpoint/web-pages.ts";
import type { Access } from "../iam/access.ts";
import type { History } from "../history/history.ts";
import { invokeTimed } from "../history/timed.ts";
import type { Functions } from "../lambda/functions.ts";
import type { Requests } from "../lambda/requests.ts";
import { refuseHost } from "../shared/host.ts";
import { readBody, listen } from "../shared/http.ts";
import type { Part } from "../shared/parts.ts";
import { corsHeaders, isPreflight, withoutCors, type Cors } from "./cors.ts";
import type { JwtAuthorizer, Verdict } from "./jwt-authorizer.ts";
import { answerOf, eventOf, type HttpAnswer } from "./event.ts";
import { answerMalformed } from "./malformed.ts";
import { matchRoute, type Match, type Route } from "./routes.ts";
import { admits, type Throttle } from "./throttle.ts";

/** The HTTP API, filled in while the program is provisioned. */
export interface ApiDefinition {
  id: string;
  executionArn: string;
  cors?: Cors;
  readonly routes: Route[];
  /** By their ids. */
  readonly authorizers: Map<string, JwtAuthorizer>;
  /** Function ARN by integration id. */
  readonly integrations: Map<string, { readonly uri: string; readonly timeoutMs: number }>;
  stage?: {
    readonly name: string;
    readonly throttle?: Throttle;
    readonly routeThrottles: ReadonlyMap<string, Throttle>;
  };
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const maxBody = 10 * 1024 * 1024;
const maxHead = 10_240;
/** More than the limit, which does not count the headers' names. */
const parsedHead = 64 * 1024;

/** API Gateway's own answers; an HTTP API cannot change them. */
const gateway = {
  notFound: [404, "Not Found"],
  unauthorized: [401, "Unauthorized"],
  forbidden: [403, "Forbidden"],
  tooLarge: [413, "Request Entity Too Large"],
  headTooLarge: [431, "Request Header Fields Too Large"],
  throttled: [429, "Too Many Requests"],
  broken: [500, "Internal Server Error"],
  unavailable: [503, "Service Unavailable"],
} as const;

/** What the HTTP API needs. */
export interface HttpApiArgs {
  readonly port: number;
  /** May still be filled in: it is first read when `open` resolves. */
  readonly api: ApiDefinition;
  readonly functions: Functions;
  /** Takes each request that a function answers, until its answer. */
  readonly requests: Requests;
  /** Says whether API Gateway may invoke a function. */
  readonly access: Access;
  /** Takes each invocation that may change something. */
  readonly history: Pick<History, "invoked">;
  /** Requests wait for it. */
  readonly open: Promise<void>;
  /** How long `stop` waits for requests under way before it cuts their connections, in ms. */
  readonly graceMs: number;
}

/** The arguments of a running server, and the token bucket of each route. */
interface Running extends HttpApiArgs {
  readonly buckets: Map<string, () => boolean>;
}

/** Listens at once, so that a port in use is known early. Stopping takes no new request and answers those under way. */
export async function start(args: HttpApiArgs): Promise<Part> {
  const running: Running = { ...args, buckets: new Map() };
  const server = createServer({ maxHeaderSize: parsedHead, requireHostHeader: false }, (request, response) => {
    serve(request, response, running, () => !server.listening).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  answerMalformed(server);
  await listen(server, args.port, "the API");
  return {
    stop: async () => {
      const cut = setTimeout(() => server.closeAllConnections(), args.graceMs);
      await new Promise<void>((resolve) => server.close(() => resolve()));
      clearTimeout(cut);
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  running: Running,
  isStopping: () => boolean,
): Promise<void> {
  const { api } = running;
  const stranger = refuseHost(request, running.port);
  if (stranger !== undefined) {
    const text = JSON.stringify({ message: stranger });
    response.writeHead(403, { "content-type": "application/json", "content-length": text.length });
    return void response.end(text);
  }
  const body = await readBody(request, maxBody);
  await running.open;
  const page = pageFor(request, running);
  if (page !== undefined) return void response.writeHead(302, { location: page }).end();
  const requestId = `${randomBytes(11).toString("base64url")}=`;
  const answer = isHeadTooLarge(request)
    ? own("headTooLarge")
    : body === undefined
      ? own("tooLarge")
      : await answerTo(request, body, running, requestId);
  const bodiless = answer.status === 204 || answer.status === 304;
  response.writeHead(answer.status, {
    ...withoutCors(answer.headers, api.cors),
    ...corsHeaders(api.cors, request),
    ...(bodiless ? {} : { "content-length": answer.body.length }),
    ...(isStopping() ? { connection: "close" } : {}),
    "apigw-requestid": requestId,
  });
  response.end(request.method === "HEAD" || bodiless ? undefined : answer.body);
}

/** The local page, for somebody who opens the API in a browser, where the program has no route for that. */
function pageFor(request: IncomingMessage, { api, port }: Running): string | undefined {
  const { headers } = request;
  if (!isVisitor(request) || headers.origin !== undefined) return undefined;
  if (api.stage?.name !== "$default" || (matchRoute(api.routes, "GET", "/")?.route.key ?? "$default") !== "$default")
    return undefined;
  return `http://${headers.host?.replace(/:\d+$/, "")}:${port + 1}/_local/`;
}

/** Whether the request line and the headers' values are together over the limit. */
function isHeadTooLarge({ method, url, httpVersion, rawHeaders }: IncomingMessage): boolean {
  const values = rawHeaders.filter((_, index) => index % 2 === 1);
  return [`${method} ${url} HTTP/${httpVersion}`, ...values].join("").length > maxHead;
}

const noContent: HttpAnswer = { status: 204, headers: {}, body: Buffer.alloc(0) };

function own(name: keyof typeof gateway, headers: HttpAnswer["headers"] = {}): HttpAnswer {
  const [status, message] = gateway[name];
  const type = { "content-type": "application/json" };
  return { status, headers: { ...type, ...headers }, body: Buffer.from(JSON.stringify({ message })) };
}

async function answerTo(
  request: IncomingMessage,
  body: Buffer,
  running: Running,
  requestId: string,
): Promise<HttpAnswer> {
  const { api, functions, buckets } = running;
  const method = request.method ?? "GET";
  const [rawPath = "/", query = ""] = pathAndQuery(request.url).split(/\?(.*)/s);
  const stage = api.stage;
  if (stage === undefined) return own("notFound");
  const prefix = stage.name === "$default" ? "" : `/${stage.name}`;
  const path = decode(rawPath);
  if (prefix !== "" && path !== prefix && !path.startsWith(`${prefix}/`)) return own("notFound");
  const match = matchRoute(api.routes, method, path.slice(prefix.length) || "/");
  // A route takes the preflight too, $default among them; the API's CORS answers only where there is none.
  if (match === undefined) return api.cors && isPreflight(request) ? noContent : own("notFound");
  if (!admits(buckets, match.route.key, stage.routeThrottles.get(match.route.key) ?? stage.throttle))
    return own("throttled");
  const integration = api.integrations.get(match.route.target.replace(/^integrations\//, ""));
  if (integration === undefined || !permitted(running, stage.name, integration.uri, match)) return own("broken");
  const { route, pathParameters } = match;
  const verdict = await judge(api, route, request);
  if (verdict && "refused" in verdict) return own(verdict.refused, { "www-authenticate": verdict.challenge });
  const event = eventOf({
    request,
    body,
    path,
    query,
    routeKey: route.key,
    stage: stage.name,
    apiId: api.id,
    requestId: requestId || randomUUID(),
    pathParameters,
    authorizer: verdict,
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>(
    (resolve) => (timer = setTimeout(() => resolve(undefined), integration.timeoutMs)),
  );
  const timed = invokeTimed(functions, integration.uri, event);
  const invocation = await running.requests.track(Promise.race([timed.then((done) => done.invocation), late]));
  clearTimeout(timer);
  const answer =
    invocation === undefined
      ? own("unavailable")
      : ((invocation.ok ? answerOf(invocation.payload) : undefined) ?? own("broken"));
  const isRead = method === "GET" || method === "HEAD";
  const texts = { request: () => body.toString(), answer: () => answer.body.toString() };
  const cause = { kind: "request", route: route.key, status: answer.status, ...texts } as const;
  if (!isRead) void timed.then(({ ended }) => running.history.invoked({ ...ended, cause }));
  return answer;
}

/** What the route's authorizer says of the caller's token; nothing where the route has none. */
function judge(api: ApiDefinition, { authorization }: Route, request: IncomingMessage): Promise<Verdict> | undefined {
  if (authorization === undefined) return undefined;
  const authorizer = api.authorizers.get(authorization.authorizerId);
  if (authorizer === undefined) throw new Error(`there is no authorizer ${authorization.authorizerId}`);
  return authorizer.check(request.headersDistinct["authorization"]?.join(","), authorization.scopes);
}

/** API Gateway calls a function only where its policy says so, for this API, stage and route. */
function permitted({ api, access }: Running, stage: string, uri: string, { route }: Match): boolean {
  const routeArn = `${api.executionArn}/${stage}/${route.key === "$default" ? "$default" : route.key.replace(" ", "")}`;
  const resource = /functions\/(arn:.+)\/invocations$/.exec(uri)?.[1] ?? uri;
  const call = { service: "apigateway.amazonaws.com", action: "lambda:InvokeFunction", resource };
  return [routeArn, `${routeArn}/$default`].some((sourceArn) => access.judgeService({ ...call, sourceArn }).allowed);
}

/** A request target without the scheme and the authority that it may have: RFC 9112, section 3.2.2. */
function pathAndQuery(target = "/"): string {
  return target.replace(/^https?:\/\/[^/?]*(?=([/?]?))/i, (_all, next: string) => (next === "/" ? "" : "/"));
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
