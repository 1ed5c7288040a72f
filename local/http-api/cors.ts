import type { IncomingMessage } from "node:http";
import { arnMatches } from "../shared/names.ts";
import type { HttpAnswer } from "./event.ts";

/** The CORS settings of an HTTP API. */
export interface Cors {
  readonly allowOrigins: readonly string[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly allowCredentials: boolean;
  readonly maxAge: number | undefined;
}

function allowedOrigin(cors: Cors, origin: string): string | undefined {
  if (cors.allowOrigins.includes("*")) return "*";
  const lower = origin.toLowerCase();
  return cors.allowOrigins.some((allowed) => arnMatches(allowed.toLowerCase(), lower)) ? origin : undefined;
}

/** Whether a request asks if another may be made: https://fetch.spec.whatwg.org/#cors-preflight-request. */
export const isPreflight = ({ method, headers }: IncomingMessage): boolean =>
  method === "OPTIONS" && headers.origin !== undefined && headers["access-control-request-method"] !== undefined;

/**
 * The CORS headers that API Gateway adds to an answer, whoever gave it; none for an origin that is not allowed.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export function corsHeaders(cors: Cors | undefined, request: IncomingMessage): Record<string, string> {
  const { origin } = request.headers;
  const allowed = cors && origin ? allowedOrigin(cors, origin) : undefined;
  if (cors === undefined || allowed === undefined) return {};
  const list = (name: string, values: readonly string[]) => (values.length > 0 ? { [name]: values.join(",") } : {});
  return {
    "access-control-allow-origin": allowed,
    ...(cors.allowCredentials ? { "access-control-allow-credentials": "true" } : {}),
    ...(allowed === "*" ? {} : { vary: "origin" }),
    ...(isPreflight(request)
      ? {
          ...list("access-control-allow-methods", cors.allowMethods),
          ...list("access-control-allow-headers", cors.allowHeaders),
          ...(cors.maxAge === undefined ? {} : { "access-control-max-age": String(cors.maxAge) }),
        }
      : list("access-control-expose-headers", cors.exposeHeaders)),
  };
}

/** With CORS on the API, the integration's own CORS headers are ignored (same page). */
export function withoutCors(headers: HttpAnswer["headers"], cors: Cors | undefined): HttpAnswer["headers"] {
  if (cors === undefined) return headers;
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith("access-control-")));
}
