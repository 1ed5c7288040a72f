import * as z from "zod";
import type { ZodOpenApiResponseObject } from "zod-openapi";
import { ProblemBody, problemTypes, type ProblemType } from "../contracts/problems.ts";

/** The body of every answer that API Gateway gives by itself: an HTTP API cannot change it. */
const GatewayMessage = z
  .strictObject({ message: z.string() })
  .meta({ id: "GatewayMessage", description: "What API Gateway answers by itself", example: { message: "Not Found" } });

/** On every answer of a function: what to quote when something is reported. */
const correlationId = z
  .string()
  .min(1)
  .meta({ description: "The request's x-correlation-id, or one that was made. Quote it when you report this" });

export const headers = {
  correlationId: z.object({ "x-correlation-id": correlationId }),
  created: z.object({
    "x-correlation-id": correlationId,
    Location: z
      .string()
      .regex(/^\/orders\/[0-9a-f-]{36}$/)
      .meta({ description: "The order's path" }),
    "Idempotency-Replayed": z
      .literal("true")
      .optional()
      .meta({ description: "This answer was given before, to the same Idempotency-Key" }),
  }),
  allow: z.object({
    "x-correlation-id": correlationId,
    Allow: z.string().meta({ description: "The methods that are" }),
  }),
  retryAfter: z.object({
    "x-correlation-id": correlationId.optional(),
    "Retry-After": z.string().regex(/^\d+$/).optional().meta({ description: "Seconds; API Gateway itself sends none" }),
  }),
};

/** A problem's body: its own type, title and status. */
const problem = (type: ProblemType) =>
  ProblemBody.extend({
    type: z.literal(`urn:order-fanout:problem:${type}`),
    title: z.literal(problemTypes[type].title),
    status: z.literal(problemTypes[type].status),
  }).strict();

/** Words that API Gateway answers by itself, by status. */
const GATEWAY: Readonly<Record<number, string>> = {
  401: "There is no token, or API Gateway does not take it",
  403: "The token has none of the scopes",
  413: "API Gateway takes no body over 10 MB",
  429: "Too many requests",
  431: "The headers are too large",
  500: "API Gateway could not run the function",
  503: "The function did not answer in time",
};

type Answers = Record<string, ZodOpenApiResponseObject>;

/** The answers of a route's errors: the problems of its function, and what API Gateway answers by itself. */
export function errors(problems: readonly ProblemType[], gateway: readonly number[]): Answers {
  const statuses = [...new Set([...problems.map((type) => problemTypes[type].status), ...gateway])].sort(
    (a, b) => a - b,
  );
  return Object.fromEntries(
    statuses.map((status) => {
      const own = problems.filter((type) => problemTypes[type].status === status);
      const ofGateway = gateway.includes(status) ? GATEWAY[status] : undefined;
      return [String(status), answer(own, ofGateway, status)];
    }),
  );
}

function answer(own: readonly ProblemType[], ofGateway: string | undefined, status: number): ZodOpenApiResponseObject {
  const [first, ...more] = own.map(problem);
  return {
    description: [...own.map((type) => problemTypes[type].title), ...(ofGateway === undefined ? [] : [ofGateway])].join(
      "; ",
    ),
    content: {
      ...(first && { "application/problem+json": { schema: more.length > 0 ? z.union([first, ...more]) : first } }),
      ...(ofGateway !== undefined && { "application/json": { schema: GatewayMessage } }),
    },
    ...(ofGateway === undefined && { headers: status === 405 ? headers.allow : headers.correlationId }),
    ...(status === 503 && { headers: headers.retryAfter }),
  };
}
