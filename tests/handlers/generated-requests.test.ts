import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { expect } from "chai";
import fc from "fast-check";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import * as z from "zod";
import { cancelOrder, getOrder, noRoute, placeOrder, releaseOrder } from "../../handlers/index.ts";
import { eventOf } from "../../local/http-api/event.ts";
import { matchRoute } from "../../local/http-api/routes.ts";
import { serve, type Servable } from "../../runtime/lambda/serve.ts";
import type { Call, Calls } from "../../runtime/ports/calls.ts";
import { quietly } from "../support/captured.ts";
import { clock, emitting, variables } from "../support/lambda.ts";
import { mug } from "../support/orders.ts";
import { generatedRequest, type GeneratedRequest } from "../support/requests.ts";

const RUNS = 3_000;
const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));

const routes: Readonly<Record<string, Servable>> = {
  "POST /orders": placeOrder,
  "GET /orders/{orderId}": getOrder,
  "POST /orders/{orderId}/cancel": cancelOrder,
  "POST /orders/{orderId}/release": releaseOrder,
  $default: noRoute,
};
const READS = new Set(["GetItem", "BatchGetItem", "Query"]);
const Transaction = z.object({
  TransactItems: z.array(z.object({ Put: z.object({ Item: z.looseObject({ entry: z.string() }) }) })),
});
const Problem = z.strictObject({
  type: z.string().startsWith("urn:order-fanout:problem:"),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  errors: z
    .array(z.strictObject({ pointer: z.string().startsWith("#"), code: z.string(), message: z.string() }))
    .max(100)
    .optional(),
});

/** A shop that sells mugs and has no orders: what it is told to write or to publish, it remembers. */
function shop() {
  const written: Call[] = [];
  const calls: Calls = async <T>(call: Call): Promise<T> => {
    const { service, operation } = call;
    if (service !== "dynamodb" || !READS.has(operation)) written.push(call);
    const outputs = new Map<string, object>([
      ["BatchGetItem", { Responses: { stock: [mug] } }],
      ["PublishBatch", { Successful: [{ Id: "0" }] }],
    ]);
    const output = outputs.get(operation) ?? {};
    return { output: { $metadata: {}, ...output }, response: {} } as T;
  };
  return { calls, written };
}

/** The event that API Gateway makes of a request, as the local one does. */
function eventFor({ method, path, headers, body }: GeneratedRequest) {
  const match = matchRoute(
    Object.keys(routes).map((key) => ({ key, target: key })),
    method,
    decoded(path),
  );
  const key = match?.route.key ?? "$default";
  const request = new IncomingMessage(new Socket());
  request.method = method;
  request.rawHeaders = headers.flat();
  const parts = {
    request,
    body,
    path: decoded(path),
    query: "",
    stage: "$default",
    apiId: "api",
    requestId: "request-1",
    authorizer: undefined,
  };
  // The local cloud makes what Lambda's types describe.
  const event = eventOf({ ...parts, routeKey: key, pathParameters: match?.pathParameters ?? {} }) as unknown;
  return { key, event: event as APIGatewayProxyEventV2 };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

describe("the API's functions", () => {
  it(`answer ${RUNS.toLocaleString("en")} generated requests without a 5xx, and write and publish what they accept alone`, async () => {
    const counts = { refused: 0, accepted: 0 };
    await fc.assert(
      fc.asyncProperty(generatedRequest, async (request) => {
        const { key, event } = eventFor(request);
        const { calls, written } = shop();
        const environment = variables({
          ...{ RESOURCES: '{"orders":"orders","stock":"stock"}', CONTACT_DAYS: "90" },
          ...{ ROUTES: JSON.stringify(Object.keys(routes).filter((route) => route !== "$default")), ...emitting },
        });
        const route = routes[key];
        if (!route) throw new Error(`${key} is no route`);
        const answer = await quietly(() => serve(route, environment, calls)(event, clock()));

        const status = answer.statusCode ?? 0;
        if (status === 201) {
          counts.accepted++;
          const transactions = written.filter(({ operation }) => operation === "TransactWriteItems");
          const entries = transactions.map(({ input }) =>
            Transaction.parse(input).TransactItems.map(({ Put }) => Put.Item.entry),
          );
          const keyed = request.headers.some(([name]) => name === "idempotency-key");
          expect(entries).to.deep.equal([[...(keyed ? ["key"] : []), "order", "contact", "event#order.placed"]]);
          expect(written.map(({ operation }) => operation)).to.deep.equal([
            "TransactWriteItems",
            "PublishBatch",
            "BatchWriteItem",
          ]);
        } else {
          counts.refused++;
          expect(status, answer.body).to.be.within(400, 499);
          expect(written).to.deep.equal([]);
          expect(Problem.parse(JSON.parse(answer.body ?? "")).status).to.equal(status);
          expect((answer.body ?? "").length).to.be.below(64 * 1_024);
        }
        expect(Object.values(answer.headers ?? {}).filter((value) => /[\r\n]/.test(String(value)))).to.deep.equal([]);
      }),
      { numRuns: RUNS, seed, endOnFailure: true },
    );
    console.log(`      SEED=${seed} ${counts.refused} refused, ${counts.accepted} accepted`);
    expect(counts.refused).to.be.above(counts.accepted);
    expect(counts.accepted).to.be.above(20);
    expect(Reflect.get({}, "polluted")).to.equal(undefined);
  });
});
