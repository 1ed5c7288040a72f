import type { APIGatewayProxyEventV2, SQSEvent, SQSRecord } from "aws-lambda";
import { cloudEvent, type DataOf } from "../../contracts/cloud-event.ts";
import { OrderPlaced } from "../../contracts/events.ts";
import { ordersOutboxKey } from "../../contracts/orders-table.ts";

/** A function's environment: what every function has, and its own. */
export const variables = (own: Readonly<Record<string, string>> = {}) => ({
  NAME: "test",
  EVENT_SOURCE: "/order-fanout/test",
  ...own,
});

/** The variables of a function that emits. */
export const emitting = {
  OUTBOX: JSON.stringify({ table: "orders", ...ordersOutboxKey }),
  TOPIC_ARN: "arn:aws:sns:eu-west-1:111122223333:events",
};

/** A Lambda invocation with this much time left, in milliseconds. */
export const clock = (ms = 30_000) => ({ getRemainingTimeInMillis: () => ms });

/** A request as an HTTP API hands it over in payload format 2.0. */
export function httpEvent({
  method = "POST",
  path = "/orders",
  headers = { "content-type": "application/json" },
  body,
  isBase64Encoded = false,
  pathParameters,
  claims,
}: {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string;
  isBase64Encoded?: boolean;
  pathParameters?: Record<string, string>;
  /** A token's claims, which a JWT authorizer has checked and adds. */
  claims?: Record<string, string> | undefined;
}): APIGatewayProxyEventV2 {
  return {
    version: "2.0",
    routeKey: `${method} ${path}`,
    rawPath: path,
    rawQueryString: "",
    headers,
    requestContext: {
      accountId: "111122223333",
      apiId: "api",
      domainName: "api.example",
      domainPrefix: "api",
      http: { method, path, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "test" },
      requestId: "request-1",
      routeKey: `${method} ${path}`,
      stage: "$default",
      time: "01/Nov/2026:12:00:00 +0000",
      timeEpoch: 1_793_534_400_000,
      ...(claims && { authorizer: { jwt: { claims, scopes: null } } }),
    },
    isBase64Encoded,
    ...(body !== undefined && { body }),
    ...(pathParameters && { pathParameters }),
  };
}

/** The data of an `order.placed` of one line. */
export const placedData: DataOf<typeof OrderPlaced> = {
  customerId: "c-1",
  lines: [
    {
      sku: "MUG-001",
      quantity: 2,
      unitPrice: { amount: 1_299, currency: "EUR" },
      lineTotal: { amount: 2_598, currency: "EUR" },
    },
  ],
  total: { amount: 2_598, currency: "EUR" },
};

/** The body of an order's `order.placed` as it lies in a queue. */
export const placedBody = (orderId: string): string =>
  JSON.stringify(cloudEvent(OrderPlaced, orderId, "/order-fanout/test", "2026-11-01T12:00:00.000Z", placedData));

export const record = (messageId: string, body: string, attributes: Record<string, string> = {}): SQSRecord => ({
  messageId,
  receiptHandle: messageId,
  body,
  attributes: {
    ApproximateReceiveCount: "1",
    SentTimestamp: "1793534400000",
    SenderId: "sns",
    ApproximateFirstReceiveTimestamp: "1793534400000",
  },
  messageAttributes: Object.fromEntries(
    Object.entries(attributes).map(([name, stringValue]) => [name, { stringValue, dataType: "String" }]),
  ),
  md5OfBody: "",
  eventSource: "aws:sqs",
  eventSourceARN: "arn:aws:sqs:eu-west-1:111122223333:queue",
  awsRegion: "eu-west-1",
});

/** A batch of `order.placed` events: message `m-1` is of order `o-1`, and so on. */
export const batchOf = (count: number): SQSEvent => ({
  Records: Array.from({ length: count }, (_, index) => record(`m-${index + 1}`, placedBody(`o-${index + 1}`))),
});

/** The partial batch response that names these messages. */
export const failures = (...ids: string[]) => ({
  batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })),
});
