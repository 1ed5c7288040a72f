import type { HttpAnswer } from "./event.ts";
import { arnMatches } from "./routes.ts";

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

/** The answer to a preflight request; without headers when the origin is not allowed. */
export function preflight(cors: Cors, origin: string): HttpAnswer {
  const headers: Record<string, string> = {};
  if (allowedOrigin(cors, origin) !== undefined) {
    if (cors.allowMethods.length > 0) headers["access-control-allow-methods"] = cors.allowMethods.join(",");
    if (cors.allowHeaders.length > 0) headers["access-control-allow-headers"] = cors.allowHeaders.join(",");
    if (cors.maxAge !== undefined) headers["access-control-max-age"] = String(cors.maxAge);
  }
  return { status: 204, headers, body: Buffer.alloc(0) };
}

/** The headers that an answer to this origin gets. */
export function corsHeaders(cors: Cors | undefined, origin: string | undefined): Record<string, string> {
  const allowed = cors && origin ? allowedOrigin(cors, origin) : undefined;
  if (cors === undefined || allowed === undefined) return {};
  return {
    "access-control-allow-origin": allowed,
    ...(cors.exposeHeaders.length > 0 ? { "access-control-expose-headers": cors.exposeHeaders.join(",") } : {}),
    ...(cors.allowCredentials ? { "access-control-allow-credentials": "true" } : {}),
    ...(allowed === "*" ? {} : { vary: "origin" }),
  };
}

/** With CORS on the API, the integration's own CORS headers are dropped; the preflight's are kept. */
export function withoutCors(headers: HttpAnswer["headers"], cors: Cors | undefined): HttpAnswer["headers"] {
  if (cors === undefined) return headers;
  const ours = /^access-control-allow-(origin|credentials)$|^access-control-expose-headers$/;
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ours.test(name)));
}
