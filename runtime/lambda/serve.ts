import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import * as z from "zod";
import { Claims, type Caller } from "../../contracts/access.ts";
import type { VariableName } from "../../contracts/environment.ts";
import { fieldErrors, Problem } from "../../contracts/problems.ts";
import type { Calls } from "../ports/calls.ts";
import { environmentOf, openContext, type Contextual, type Variables } from "./context.ts";
import { deadline, type Clock } from "./deadline.ts";
import { parseJson } from "./json.ts";
import { jsonLog, type Log } from "./log.ts";
import type { RouteRequest, RouteResponse } from "../define/route.ts";

/** A definition of `route()`, or an inline callback, as the function runs it. */
export interface Servable extends Contextual {
  readonly body?: z.ZodType;
  readonly variables?: readonly VariableName[];
  readonly handle: (request: never, context: never) => Promise<RouteResponse>;
}

const MAX_BODY_BYTES = 64 * 1024;
/** An answer names so many bad fields at most: it must not be much longer than the request. */
const MAX_ERRORS = 100;

/** Makes the Lambda handler of a route, for an HTTP API's payload format 2.0. Every error is problem+json (RFC 9457). */
export function serve(definition: Servable, variables: Variables = process.env, calls?: Calls) {
  const env = environmentOf(definition, variables, definition.variables);
  const base = jsonLog({ function: env.NAME });
  const opened = openContext(definition, env, calls);
  opened.catch(() => undefined);

  return async (event: APIGatewayProxyEventV2, clock: Clock): Promise<APIGatewayProxyStructuredResultV2> => {
    const correlationId = token(event.headers["x-correlation-id"]) ?? event.requestContext.requestId;
    const log = base.with({ correlationId });
    const answer = (
      statusCode: number,
      type: string,
      body: unknown,
      headers: Readonly<Record<string, string>> = {},
    ) => ({
      statusCode,
      headers: { ...(body !== undefined && { "content-type": type }), "x-correlation-id": correlationId, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    try {
      const { open } = await opened;
      const request: RouteRequest<unknown> = {
        caller: callerOf(event),
        body: definition.body ? parseBody(event, definition.body) : undefined,
        headers: event.headers,
        pathParameters: event.pathParameters ?? {},
        method: event.requestContext.http.method,
        path: event.rawPath,
        routes: env.ROUTES ?? [],
      };
      const context = open({
        id: event.requestContext.requestId,
        correlationId,
        traceparent: traceparentOf(event),
        signal: deadline(clock).signal,
        log,
      });
      // `parseBody` has parsed the body by the schema that is the type of `handle`.
      const { statusCode, headers, body } = await definition.handle(request as never, { ...context, env } as never);
      return answer(statusCode, "application/json", body, headers);
    } catch (error) {
      const problem = error instanceof Problem ? error : unexpected(error, log);
      return answer(problem.status, "application/problem+json", problem.body(event.rawPath), problem.headers);
    }
  };
}

/**
 * What a JWT authorizer adds to a request. With any other authorizer, the parse fails.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
const Authorized = z.object({ authorizer: z.object({ jwt: z.object({ claims: z.unknown() }) }).optional() });

/** Whose token API Gateway has checked. */
function callerOf({ requestContext }: APIGatewayProxyEventV2): Caller | undefined {
  const { authorizer } = Authorized.parse(requestContext);
  if (!authorizer) return undefined;
  const { success, data } = Claims.safeParse(authorizer.jwt.claims);
  if (!success) {
    throw new Problem("forbidden", "The token must have a subject of 1 to 255 characters, without control characters.");
  }
  return data;
}

function parseBody(event: APIGatewayProxyEventV2, schema: z.ZodType): unknown {
  if ((event.body ?? "") === "" && schema.safeParse(undefined).success) return undefined;
  if (!isJson(event.headers["content-type"]) || !isPlain(event.headers["content-encoding"])) {
    throw new Problem(
      "unsupported-media-type",
      "Send the body with `Content-Type: application/json`, in UTF-8 and without a Content-Encoding.",
    );
  }
  const bytes = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");
  if (bytes.length > MAX_BODY_BYTES) {
    throw new Problem("too-large", `The body has ${bytes.length} bytes; the most is ${MAX_BODY_BYTES}.`);
  }
  const text = bytes.toString("utf8");
  // Bytes that are not UTF-8 reach the function as U+FFFD, the character for what could not be read.
  if (text.includes("\uFFFD")) throw new Problem("malformed-request", "The body is not UTF-8.");
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const errors = fieldErrors(parsed.error);
  throw new Problem(
    "invalid-request",
    `${errors.length === 1 ? "A field is" : `${errors.length} fields are`} not valid.`,
    { errors: errors.slice(0, MAX_ERRORS) },
  );
}

/** JSON is UTF-8 (RFC 8259, section 8.1): a charset that says otherwise is not what the bytes would be read as. */
function isJson(contentType = ""): boolean {
  const [mediaType, ...parameters] = contentType.split(";").map((part) => part.trim().toLowerCase());
  const charsets = parameters.filter((parameter) => parameter.startsWith("charset"));
  return mediaType === "application/json" && charsets.every((charset) => /^charset=("?)utf-8\1$/.test(charset));
}

const isPlain = (contentEncoding = "identity"): boolean => /^\s*(?:identity)?\s*$/i.test(contentEncoding);

/** Tells AWS not answering, throttling or refusing us, which is worth a retry, from a mistake in our code. */
function unexpected(error: unknown, log: Log): Problem {
  log.error("the request failed", error);
  const fromAws =
    error instanceof Error &&
    ("$metadata" in error || "$fault" in error || ["TimeoutError", "AbortError"].includes(error.name)) &&
    !["ValidationException", "AccessDeniedException"].includes(error.name);
  const fromSocket =
    error instanceof Error && "code" in error && typeof error.code === "string" && /^E[A-Z]+$/.test(error.code);
  return fromAws || fromSocket
    ? new Problem("unavailable", "Try again; with the same Idempotency-Key it is safe.", {
        headers: { "retry-after": "1" },
      })
    : new Problem("internal-error", "Quote the correlation id when you report this.");
}

/** A client's correlation id is used if it cannot spoil a log or a header. */
const token = (value: string | undefined): string | undefined =>
  value !== undefined && /^[A-Za-z0-9._:-]{1,128}$/.test(value) ? value : undefined;

/** https://www.w3.org/TR/trace-context/#traceparent-header */
function traceparentOf({ headers: { traceparent } }: APIGatewayProxyEventV2): string | undefined {
  return traceparent !== undefined && /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent)
    ? traceparent
    : undefined;
}
