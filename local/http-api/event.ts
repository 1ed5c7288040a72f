import type { IncomingMessage } from "node:http";
import * as z from "zod";
import { account } from "../shared/names.ts";

/** A request as payload format 2.0 wants it. */
export interface RequestParts {
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly path: string;
  readonly query: string;
  readonly routeKey: string;
  readonly stage: string;
  readonly apiId: string;
  readonly requestId: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  /** What the route's authorizer found in the caller's token. */
  readonly authorizer: object | undefined;
}

/**
 * The event of an HTTP API's Lambda integration, payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function eventOf(parts: RequestParts): Record<string, unknown> {
  const { request, body, path, query, routeKey, stage, apiId, requestId, pathParameters, authorizer } = parts;
  const headers = joinedHeaders(request);
  const cookies = headers["cookie"]?.split(/; ?/);
  delete headers["cookie"];
  const host = headers["host"] ?? "";
  const now = new Date();
  const parameters = queryParameters(query);
  const text = isText(headers["content-type"]);
  return {
    version: "2.0",
    routeKey,
    rawPath: path,
    rawQueryString: query,
    ...(cookies ? { cookies } : {}),
    headers: {
      ...headers,
      "x-amzn-trace-id": `Root=1-${Math.floor(now.getTime() / 1000).toString(16)}-${requestId.replaceAll("-", "").slice(0, 24)}`,
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-port": host.split(":")[1] ?? "80",
      "x-forwarded-proto": "http",
    },
    ...(Object.keys(parameters).length > 0 ? { queryStringParameters: parameters } : {}),
    requestContext: {
      accountId: account,
      apiId,
      ...(authorizer ? { authorizer } : {}),
      domainName: host,
      domainPrefix: host.split(".")[0],
      http: {
        method: request.method,
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: "127.0.0.1",
        userAgent: headers["user-agent"] ?? "",
      },
      requestId,
      routeKey,
      stage,
      time: commonLogTime(now),
      timeEpoch: now.getTime(),
    },
    ...(Object.keys(pathParameters).length > 0 ? { pathParameters } : {}),
    ...(body.length > 0 ? { body: body.toString(text ? "utf8" : "base64") } : {}),
    isBase64Encoded: body.length > 0 && !text,
  };
}

/** Lower-cased names, repeated headers joined by commas, as payload format 2.0 has them. */
function joinedHeaders({ rawHeaders }: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? "";
    const value = rawHeaders[index + 1] ?? "";
    if (name === "connection" || name === "transfer-encoding") continue; // hop by hop
    const before = Object.hasOwn(headers, name) ? headers[name] : undefined;
    const joined = before === undefined ? value : `${before}${name === "cookie" ? "; " : ","}${value}`;
    Object.defineProperty(headers, name, { value: joined, enumerable: true, configurable: true, writable: true });
  }
  return headers;
}

function queryParameters(query: string): Record<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const before = parameters.get(name);
    parameters.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(parameters);
}

function isText(contentType: string | undefined): boolean {
  if (contentType === undefined) return true;
  const type = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  return /^text\/|^application\/(json|javascript|xml|graphql)$|^application\/[^;]+\+json$/.test(type);
}

/** `12/Mar/2020:19:03:58 +0000` */
function commonLogTime(date: Date): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(date.toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}

const Scalar = z.union([z.string(), z.number(), z.boolean()]);
const Result = z.looseObject({
  statusCode: z.coerce.number().int().min(100).max(599),
  headers: z.record(z.string(), Scalar).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.union([Scalar, z.null()]).optional(),
  isBase64Encoded: z.boolean().nullish(),
});

/** What is sent to the client. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

/** Interprets a function's result; undefined when it is no response, which API Gateway answers with 500. */
export function answerOf(payload: string): HttpAnswer | undefined {
  const value: unknown = JSON.parse(payload);
  if (typeof value !== "object" || value === null || !("statusCode" in value)) {
    const text = typeof value === "string" ? value : payload;
    return { status: 200, headers: { "content-type": "application/json" }, body: Buffer.from(text) };
  }
  const result = Result.safeParse(value);
  if (!result.success) return undefined;
  const { statusCode, headers, cookies, body, isBase64Encoded } = result.data;
  const answered: Record<string, string | string[]> = {};
  for (const [name, header] of Object.entries(headers ?? {})) answered[name.toLowerCase()] = String(header);
  if (cookies && cookies.length > 0) answered["set-cookie"] = cookies;
  const content = Buffer.from(String(body ?? ""), isBase64Encoded ? "base64" : "utf8");
  if (content.length > 0) answered["content-type"] ??= "text/plain;charset=UTF-8";
  return { status: statusCode, headers: answered, body: content };
}
