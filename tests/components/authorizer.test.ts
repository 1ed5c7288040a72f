import { expect } from "chai";
import * as z from "zod";
import { evaluateProgram, ownersValues, root, type Graph } from "../support/evaluate.ts";
import { ofType } from "../support/graph.ts";

const ROUTE = "aws:apigatewayv2/route:Route";
const Access = z.object({
  authorizationType: z.string().default("NONE"),
  authorizerId: z.string().optional(),
  authorizationScopes: z.array(z.string()).optional(),
});

/** Who may call each route, by the route's key. */
const accessOf = (graph: Graph) =>
  Object.fromEntries(ofType(graph, ROUTE).map(([, { inputs }]) => [String(inputs["routeKey"]), Access.parse(inputs)]));
const scoped = (...authorizationScopes: string[]) => ({
  authorizationType: "JWT",
  authorizerId: "api-authorizer-id",
  authorizationScopes,
});
const open = { authorizationType: "NONE" };

describe("the API's authorizer", () => {
  it("is before every route in production but the preflight, health and $default, with the route's scopes", async () => {
    const over = await ownersValues();
    const { resources } = await evaluateProgram({ stack: "prod", stacks: root, over });

    expect(ofType(resources, "aws:apigatewayv2/authorizer:Authorizer").map(([, { inputs }]) => inputs)).to.deep.equal([
      {
        apiId: "api-id",
        authorizerType: "JWT",
        identitySources: ["$request.header.Authorization"],
        jwtConfiguration: { issuer: "https://login.order-fanout.dev", audiences: ["order-fanout"] },
      },
    ]);
    const {
      "POST /orders": placing,
      "GET /orders/{orderId}": reading,
      "POST /orders/{orderId}/cancel": cancelling,
      ...others
    } = accessOf(resources);
    expect([placing, reading, cancelling]).to.deep.equal([
      scoped("orders:write", "orders:service"),
      scoped("orders:read", "orders:service"),
      scoped("orders:write", "orders:service"),
    ]);
    const isOpen = Object.entries(others).filter(([, { authorizationType }]) => authorizationType === "NONE");
    expect(Object.fromEntries(isOpen)).to.deep.equal({
      "OPTIONS /{proxy+}": open,
      "GET /health": open,
      $default: open,
    });
  });

  it("is nowhere in a stack without `auth`", async () => {
    const { resources } = await evaluateProgram({ stack: "dev", stacks: root, over: { auth: null } });
    expect(ofType(resources, "aws:apigatewayv2/authorizer:Authorizer")).to.deep.equal([]);
    expect(Object.values(accessOf(resources))).to.deep.equal(Object.keys(accessOf(resources)).map(() => open));
  });
});
