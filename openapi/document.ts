import * as z from "zod";
import { createDocument, type ZodOpenApiOperationObject } from "zod-openapi";
import { OrderRequest, OrderStatus, ReleaseRequest } from "../contracts/order.ts";
import { countryCode, currency } from "../contracts/text.ts";
import { OrderView, PlacedView, StatusView } from "../contracts/views.ts";
import { cancelOrder, getOrder, placeOrder, releaseOrder } from "../handlers/index.ts";
import type { Route } from "../runtime/index.ts";
import { errors, headers } from "./answers.ts";
import { order, orderId, release, request } from "./examples.ts";

/** What API Gateway answers by itself before every route, and before one that takes tokens. */
const ANYWHERE = [429, 431, 500, 503];
const TOKENS = [401, 403, ...ANYWHERE];

/** An Idempotency-Key as `handlers/place-order/idempotency-key.ts` reads it: bare, or a quoted string (RFC 8941). */
const IdempotencyKey = z
  .string()
  .regex(/^(?:[!#-+\--~]{1,255}|"(?:[!#-[\]-~]|\\["\\]){1,255}")$/)
  .optional()
  .meta({
    description:
      "1 to 255 visible ASCII characters, bare without commas and quotes, or as a quoted string. With the same key the same body is answered by the same order; another body is a 422",
    example: "0b6f2f0e-checkout-1",
  });

const Tracing = {
  "x-correlation-id": z
    .string()
    .optional()
    .meta({ description: "1 to 128 letters, digits and . _ : -, for the logs; anything else is replaced" }),
  traceparent: z
    .string()
    .optional()
    .meta({ description: "https://www.w3.org/TR/trace-context/; ignored if it is none" }),
};

const OrderPath = z.object({
  orderId: z.uuid().meta({ description: "The order's id", example: orderId }),
});

/** One of a route's scopes is enough; a stack without `auth` takes every caller. */
const security = ({ scopes }: Route): NonNullable<ZodOpenApiOperationObject["security"]> =>
  scopes === "public" ? [] : [...scopes.map((scope) => ({ token: [scope] })), {}];

const json = (schema: z.ZodType, example: unknown) => ({ "application/json": { schema, example } });
const statusView = StatusView.meta({ id: "OrderStatus" });
const ofOrder = (operationId: string) => ({ operationId, parameters: { orderId: "$response.body#/orderId" } });

const paths = {
  "/orders": {
    post: {
      operationId: "placeOrder",
      summary: "Place an order",
      description: "Prices come from the catalogue. Every bad field is answered at once.",
      security: security(placeOrder),
      requestParams: { header: z.object({ "Idempotency-Key": IdempotencyKey, ...Tracing }) },
      requestBody: {
        required: true,
        description: "At most 64 KB, in UTF-8; no key twice in one object",
        content: json(OrderRequest.meta({ id: "OrderRequest" }), request),
      },
      responses: {
        "201": {
          description: "The order is placed, and cannot be lost any more",
          headers: headers.created,
          content: json(PlacedView.meta({ id: "PlacedOrder" }), order.placed),
          links: { read: ofOrder("getOrder"), cancel: ofOrder("cancelOrder") },
        },
        ...errors(
          [
            "malformed-request",
            "invalid-idempotency-key",
            "forbidden",
            "too-large",
            "unsupported-media-type",
            "invalid-request",
            "price-mismatch",
            "idempotency-key-reused",
            "internal-error",
            "unavailable",
          ],
          [413, ...TOKENS],
        ),
      },
    },
  },
  "/orders/{orderId}": {
    get: {
      operationId: "getOrder",
      summary: "Read an order",
      description: "Its status and all that has happened to it; never contact data. Another customer's is a 404.",
      security: security(getOrder),
      requestParams: { path: OrderPath, header: z.object(Tracing) },
      responses: {
        "200": {
          description: "The order",
          headers: headers.correlationId,
          content: json(OrderView.meta({ id: "Order" }), order.shipping),
        },
        ...errors(["not-found", "internal-error", "unavailable"], TOKENS),
      },
    },
  },
  "/orders/{orderId}/cancel": {
    post: {
      operationId: "cancelOrder",
      summary: "Cancel an order",
      description: "While it is not shipping. Cancelling it again answers the same.",
      security: security(cancelOrder),
      requestParams: { path: OrderPath, header: z.object(Tracing) },
      responses: {
        "200": {
          description: "The order is cancelled",
          headers: headers.correlationId,
          content: json(statusView, order.cancelled),
        },
        ...errors(["not-found", "conflict", "internal-error", "unavailable"], [413, ...TOKENS]),
      },
    },
  },
  "/orders/{orderId}/release": {
    post: {
      operationId: "releaseOrder",
      summary: "Release an order that is on hold",
      description: "To the address of the body, or else to the one that it has. The shipment is booked again.",
      security: security(releaseOrder),
      requestParams: { path: OrderPath, header: z.object(Tracing) },
      requestBody: {
        required: false,
        content: json(ReleaseRequest.unwrap().meta({ id: "ReleaseRequest" }), release),
      },
      responses: {
        "200": {
          description: "The order is confirmed again",
          headers: headers.correlationId,
          content: json(statusView, order.released),
        },
        ...errors(
          [
            "malformed-request",
            "not-found",
            "conflict",
            "too-large",
            "unsupported-media-type",
            "invalid-request",
            "internal-error",
            "unavailable",
          ],
          [413, ...TOKENS],
        ),
      },
    },
  },
  "/health": {
    get: {
      operationId: "health",
      summary: "Whether the API answers",
      security: [],
      responses: {
        "204": { description: "It does", headers: headers.correlationId },
        ...errors(["internal-error"], ANYWHERE),
      },
    },
  },
};

/** The schemas whose rule no JSON Schema says: what is nearest to it. */
const nearest = new Map<z.core.$ZodType, object>([
  [countryCode, { pattern: "^[A-Z]{2}$", description: "ISO 3166-1 alpha-2", example: "GB" }],
  [currency, { pattern: "^[A-Z]{3}$", description: "ISO 4217", example: "EUR" }],
]);

/** The HTTP API as OpenAPI 3.1: every answer, those of API Gateway itself too. */
export const openApi = () =>
  createDocument(
    {
      openapi: "3.1.0",
      info: {
        title: "order-fanout",
        version: "0.1.0",
        description: `An online shop's orders. Money is in minor units. An order is ${OrderStatus.options.join(", ")}.`,
        license: { name: "MIT", identifier: "MIT" },
      },
      servers: [{ url: "http://127.0.0.1:4000", description: "npm start" }],
      paths,
      components: {
        securitySchemes: {
          token: {
            type: "http",
            scheme: "bearer",
            bearerFormat: "JWT",
            description:
              "In a stack with `auth`: a token of its issuer. `orders:write` places and cancels, `orders:read` reads, each the token's own subject's orders; `orders:service` may do all of it for every customer",
          },
        },
      },
    },
    {
      override: ({ jsonSchema, zodSchema }) => {
        Object.assign(jsonSchema, nearest.get(zodSchema));
      },
    },
  );
