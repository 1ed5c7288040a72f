import { expect } from "chai";
import noRoute from "../../handlers/no-route.ts";
import { serve } from "../../runtime/lambda/serve.ts";
import { quietly } from "../support/captured.ts";
import { clock, httpEvent, variables } from "../support/lambda.ts";

const ROUTES = JSON.stringify([
  "POST /orders",
  "GET /orders/{orderId}",
  "POST /orders/{orderId}/cancel",
  "GET /health",
]);

async function ask(method: string, path: string) {
  const handler = serve(noRoute, variables({ NAME: "$default", ROUTES }));
  const { statusCode, headers, body } = await quietly(() => handler(httpEvent({ method, path }), clock()));
  const problem: unknown = JSON.parse(body ?? "null");
  return { statusCode, allow: headers?.["allow"], type: headers?.["content-type"], problem };
}

const notFound = (path: string) => ({
  statusCode: 404,
  allow: undefined,
  type: "application/problem+json",
  problem: {
    type: "urn:order-fanout:problem:not-found",
    title: "There is nothing here",
    status: 404,
    detail: `There is nothing at ${path}.`,
    instance: path,
  },
});
const notAllowed = (method: string, path: string, allow: string) => ({
  statusCode: 405,
  allow,
  type: "application/problem+json",
  problem: {
    type: "urn:order-fanout:problem:method-not-allowed",
    title: "The method is not allowed here",
    status: 405,
    detail: `${method} is not allowed at ${path}.`,
    instance: path,
  },
});

describe("$default", () => {
  for (const path of ["/", "/order", "/orders/", "/orders/o-1/", "/orders/o-1/cancel/x", "/ordersx", "/x/orders"]) {
    it(`answers 404 at ${path}`, async () => {
      expect(await ask("GET", path)).to.deep.equal(notFound(path));
    });
  }

  const others: [string, string, string][] = [
    ["GET", "/orders", "POST"],
    ["DELETE", "/orders/o-1", "GET"],
    ["GET", "/orders/o-1/cancel", "POST"],
    ["POST", "/health", "GET"],
  ];
  for (const [method, path, allow] of others) {
    it(`answers 405 to ${method} ${path}, and allows ${allow}`, async () => {
      expect(await ask(method, path)).to.deep.equal(notAllowed(method, path, allow));
    });
  }
});
