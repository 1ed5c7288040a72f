import { expect } from "chai";
import { readFile } from "node:fs/promises";
import * as z from "zod";
import { OrderRequest, ReleaseRequest } from "../../contracts/order.ts";
import { problemTypes } from "../../contracts/problems.ts";
import { OrderView, PlacedView, StatusView } from "../../contracts/views.ts";
import { openApiFile, openApiText } from "../../openapi/build.ts";
import { order, release, request } from "../../openapi/examples.ts";
import { evaluate } from "../support/evaluate.ts";
import { someOfType } from "../support/graph.ts";

const Document = z.looseObject({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({
        security: z.array(z.record(z.string(), z.array(z.string()))),
        responses: z.record(z.string(), z.looseObject({ content: z.record(z.string(), z.unknown()).optional() })),
      }),
    ),
  ),
});

describe("docs/openapi.json", () => {
  let document: z.output<typeof Document>;
  let text: string;
  before(async () => {
    text = await readFile(openApiFile, "utf8");
    document = Document.parse(JSON.parse(text));
  });

  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ key: `${method.toUpperCase()} ${path}`, ...operation })),
    );

  it("is made of the schemas as they are", async () => {
    expect(text, "docs/openapi.json lags behind. Run `npm run openapi`").to.equal(await openApiText());
  });

  it("has every route of the API, with its scopes", async () => {
    const auth = { issuer: "https://login.order-fanout.dev", audience: "order-fanout" };
    const routes = someOfType(await evaluate("dev", { auth }), "aws:apigatewayv2/route:Route").map(([, { inputs }]) => {
      const { routeKey, authorizationScopes } = z
        .looseObject({ routeKey: z.string(), authorizationScopes: z.array(z.string()).optional() })
        .parse(inputs);
      return [routeKey, authorizationScopes ?? []] as const;
    });
    const described = operations().map(({ key, security }) => [key, security.flatMap(({ token = [] }) => token)]);
    expect(Object.fromEntries(described)).to.deep.equal(
      Object.fromEntries(routes.filter(([key]) => key !== "$default")),
    );
  });

  it("has every problem that a route can answer", () => {
    // `$default` alone answers 405: to a method that no operation has.
    const others = Object.keys(problemTypes).filter((type) => type !== "method-not-allowed");
    expect(others.filter((type) => !text.includes(`"urn:order-fanout:problem:${type}"`))).to.deep.equal([]);
  });

  it("says of each answer of API Gateway itself that it has a message alone", () => {
    const gateway = operations().flatMap(({ key, responses }) =>
      Object.entries(responses)
        .filter(([, { content }]) => JSON.stringify(content?.["application/json"])?.includes("GatewayMessage"))
        .map(([status]) => `${status} ${key}`),
    );
    const open = ["429", "431", "500", "503"];
    const own = { "GET /health": open, "POST /orders": ["401", "403", "413", ...open] };
    for (const [key, statuses] of Object.entries(own)) {
      expect(gateway.filter((one) => one.endsWith(` ${key}`))).to.deep.equal(statuses.map((one) => `${one} ${key}`));
    }
  });

  it("has examples that are what they stand for", () => {
    expect(OrderRequest.parse(request)).to.deep.equal(request);
    expect(PlacedView.parse(order.placed)).to.deep.equal(order.placed);
    expect(ReleaseRequest.parse(release)).to.deep.equal(release);
    expect(StatusView.parse(order.released)).to.deep.equal(order.released);
    expect(StatusView.parse(order.cancelled)).to.deep.equal(order.cancelled);
    expect(OrderView.parse(order.shipping)).to.deep.equal(order.shipping);
  });
});
