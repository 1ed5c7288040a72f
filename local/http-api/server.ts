import { randomBytes, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Functions } from "../lambda/pool.ts";
import { answerOf, eventOf, type HttpAnswer } from "./event.ts";
import { functionNameOf, LocalCloudError } from "../shared/names.ts";
import { arnMatches, matchRoute, type Match, type Route } from "./routes.ts";

/** The CORS settings of an HTTP API. */
export interface Cors {
  readonly allowOrigins: readonly string[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly allowCredentials: boolean;
  readonly maxAge: number | undefined;
}

export interface Throttle {
  readonly rate: number;
  readonly burst: number;
}

/** The HTTP API, filled in while the program is provisioned. */
export interface ApiDefinition {
  id: string;
  executionArn: string;
  cors?: Cors;
  readonly routes: Route[];
  /** Function ARN by integration id. */
  readonly integrations: Map<string, { readonly uri: string; readonly timeoutMs: number }>;
  stage?: {
    readonly name: string;
    readonly throttle?: Throttle;
    readonly routeThrottles: ReadonlyMap<string, Throttle>;
  };
  /** Who may invoke which function, from lambda.Permission. */
  readonly permissions: { readonly functionName: string; readonly principal: string; readonly sourceArn?: string }[];
}

const maxBody = 10 * 1024 * 1024;

/** API Gateway's own answers; an HTTP API cannot change them. */
const gateway = {
  notFound: [404, "Not Found"],
  forbidden: [403, "Forbidden"],
  tooLarge: [413, "Request Entity Too Large"],
  throttled: [429, "Too Many Requests"],
  broken: [500, "Internal Server Error"],
  unavailable: [503, "Service Unavailable"],
} as const;

/** Listens at once, so that a port in use is known early; requests wait for `open`. */
export async function startHttpApi(
  port: number,
  api: ApiDefinition,
  functions: Functions,
  open: Promise<void>,
): Promise<{ readonly stop: () => Promise<void> }> {
  const buckets = new Map<string, () => boolean>();
  const server = createServer((request, response) => {
    serve(request, response, api, functions, buckets, open).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  await listen(server, port, "the API");
  return {
    stop: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), 200).unref();
      return closed;
    },
  };
}

/** Listens on loopback alone. */
export function listen(server: Server, port: number, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const inUse = `port ${port} (for ${what}) is in use, by another local cloud perhaps. Choose others with --port N.`;
      reject(error.code === "EADDRINUSE" ? new LocalCloudError(inUse) : error);
    });
    server.listen(port, "127.0.0.1", resolve);
  });
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  api: ApiDefinition,
  functions: Functions,
  buckets: Map<string, () => boolean>,
  open: Promise<void>,
): Promise<void> {
  const body = await readBody(request, maxBody);
  await open;
  const requestId = `${randomBytes(11).toString("base64url")}=`;
  const answer =
    body === undefined ? own("tooLarge") : await answerTo(request, body, api, functions, buckets, requestId);
  const bodiless = answer.status === 204 || answer.status === 304;
  response.writeHead(answer.status, {
    ...withoutCors(answer.headers, api.cors),
    ...corsHeaders(api.cors, request.headers.origin),
    ...(bodiless ? {} : { "content-length": answer.body.length }),
    "apigw-requestid": requestId,
  });
  response.end(request.method === "HEAD" || bodiless ? undefined : answer.body);
}

function own(name: keyof typeof gateway): HttpAnswer {
  const [status, message] = gateway[name];
  return { status, headers: { "content-type": "application/json" }, body: Buffer.from(JSON.stringify({ message })) };
}

async function answerTo(
  request: IncomingMessage,
  body: Buffer,
  api: ApiDefinition,
  functions: Functions,
  buckets: Map<string, () => boolean>,
  requestId: string,
): Promise<HttpAnswer> {
  const method = request.method ?? "GET";
  if (api.cors && method === "OPTIONS" && request.headers.origin && request.headers["access-control-request-method"]) {
    return preflight(api.cors, request.headers.origin);
  }
  const [rawPath = "/", query = ""] = (request.url ?? "/").split(/\?(.*)/s);
  const stage = api.stage;
  if (stage === undefined) return own("notFound");
  const prefix = stage.name === "$default" ? "" : `/${stage.name}`;
  const path = decode(rawPath);
  if (prefix !== "" && path !== prefix && !path.startsWith(`${prefix}/`)) return own("notFound");
  const match = matchRoute(api.routes, method, path.slice(prefix.length) || "/");
  if (match === undefined) return own("notFound");
  if (!admits(buckets, match.route.key, stage.routeThrottles.get(match.route.key) ?? stage.throttle))
    return own("throttled");
  const integration = api.integrations.get(match.route.target.replace(/^integrations\//, ""));
  if (integration === undefined || !permitted(api, stage.name, integration.uri, match)) return own("broken");
  const { route, pathParameters } = match;
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
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>(
    (resolve) => (timer = setTimeout(() => resolve(undefined), integration.timeoutMs)),
  );
  const invocation = await Promise.race([functions.invoke(functionNameOf(integration.uri), event), late]);
  clearTimeout(timer);
  if (invocation === undefined) return own("unavailable");
  return (invocation.ok ? answerOf(invocation.payload) : undefined) ?? own("broken");
}

/** API Gateway calls a function only where its own policy says so, from this API, stage and route. */
function permitted(api: ApiDefinition, stage: string, uri: string, { route }: Match): boolean {
  const routeArn = `${api.executionArn}/${stage}/${route.key === "$default" ? "$default" : route.key.replace(" ", "")}`;
  return api.permissions.some(
    ({ functionName, principal, sourceArn }) =>
      functionName === functionNameOf(uri) &&
      principal === "apigateway.amazonaws.com" &&
      (sourceArn === undefined || arnMatches(sourceArn, routeArn) || arnMatches(sourceArn, `${routeArn}/$default`)),
  );
}

/** A token bucket for each route. */
function admits(buckets: Map<string, () => boolean>, key: string, throttle: Throttle | undefined): boolean {
  if (throttle === undefined) return true;
  let take = buckets.get(key);
  if (take === undefined) {
    let tokens = throttle.burst;
    let at = Date.now();
    take = () => {
      const now = Date.now();
      tokens = Math.min(throttle.burst, tokens + ((now - at) / 1000) * throttle.rate);
      at = now;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    };
    buckets.set(key, take);
  }
  return take();
}

/** The body, or undefined when it is longer than `limit` (what is too much is read and dropped). */
export function readBody(request: IncomingMessage, limit = Infinity): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
    });
    request.on("end", () => resolve(size > limit ? undefined : Buffer.concat(chunks)));
    request.on("error", reject);
  });
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function allowedOrigin(cors: Cors, origin: string): string | undefined {
  if (cors.allowOrigins.includes("*")) return "*";
  const lower = origin.toLowerCase();
  return cors.allowOrigins.some((allowed) => arnMatches(allowed.toLowerCase(), lower)) ? origin : undefined;
}

function preflight(cors: Cors, origin: string): HttpAnswer {
  const headers: Record<string, string> = {};
  if (allowedOrigin(cors, origin) !== undefined) {
    if (cors.allowMethods.length > 0) headers["access-control-allow-methods"] = cors.allowMethods.join(",");
    if (cors.allowHeaders.length > 0) headers["access-control-allow-headers"] = cors.allowHeaders.join(",");
    if (cors.maxAge !== undefined) headers["access-control-max-age"] = String(cors.maxAge);
  }
  return { status: 204, headers, body: Buffer.alloc(0) };
}

function corsHeaders(cors: Cors | undefined, origin: string | undefined): Record<string, string> {
  const allowed = cors && origin ? allowedOrigin(cors, origin) : undefined;
  if (cors === undefined || allowed === undefined) return {};
  return {
    "access-control-allow-origin": allowed,
    ...(cors.exposeHeaders.length > 0 ? { "access-control-expose-headers": cors.exposeHeaders.join(",") } : {}),
    ...(cors.allowCredentials ? { "access-control-allow-credentials": "true" } : {}),
    ...(allowed === "*" ? {} : { vary: "origin" }),
  };
}

/** With CORS on the API, what the integration says of CORS is ignored; the preflight's own headers are kept. */
function withoutCors(headers: HttpAnswer["headers"], cors: Cors | undefined): HttpAnswer["headers"] {
  if (cors === undefined) return headers;
  const ours = /^access-control-allow-(origin|credentials)$|^access-control-expose-headers$/;
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ours.test(name)));
}
