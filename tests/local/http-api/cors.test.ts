import { expect } from "chai";
import { start, type ApiDefinition } from "../../../local/http-api/server.ts";
import { freePort } from "../../../local/shared/free-port.ts";
import { referenceOf } from "../../../local/shared/names.ts";
import type { Part } from "../../../local/shared/parts.ts";
import { fakeFunctions } from "../support/functions.ts";

const cors = {
  allowOrigins: ["https://shop.example"],
  allowMethods: ["GET", "POST"],
  allowHeaders: ["content-type"],
  exposeHeaders: ["location"],
  allowCredentials: false,
  maxAge: 60,
};

/** What the functions answer, by name. */
const answers: Readonly<Record<string, object>> = {
  orders: { statusCode: 201, headers: { "access-control-allow-origin": "https://other.example" } },
  fallback: { statusCode: 405 },
  preflight: { statusCode: 204, headers: { "access-control-allow-methods": "TRACE" } },
};

function definition(routes: Readonly<Record<string, string>>): ApiDefinition {
  const executionArn = "arn:aws:execute-api:eu-west-1:000000000000:api";
  const functionArn = (name: string) => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`;
  return {
    id: "api",
    executionArn,
    cors,
    routes: Object.entries(routes).map(([key, name]) => ({ key, target: `integrations/${name}` })),
    integrations: new Map(
      Object.values(routes).map((name) => [name, { uri: functionArn(name), timeoutMs: 30_000 }] as const),
    ),
    permissions: Object.values(routes).map((name) => ({
      name,
      principal: "apigateway.amazonaws.com",
      sourceArn: `${executionArn}/*/*`,
    })),
    stage: { name: "$default", routeThrottles: new Map() },
  };
}

describe("An HTTP API with CORS, on the local cloud", () => {
  const parts: Part[] = [];
  afterEach(async () => {
    for (const part of parts.splice(0)) await part.stop();
  });

  /** Status and CORS headers of the answer to a request from a page of this origin. */
  async function ask(routes: Readonly<Record<string, string>>, method: string, origin = "https://shop.example") {
    const port = await freePort();
    const invoke = async (reference: string) => {
      const { name } = referenceOf(reference);
      return { ok: true, payload: JSON.stringify(answers[name]) } as const;
    };
    const functions = fakeFunctions({ invoke });
    parts.push(await start({ port, api: definition(routes), functions, open: Promise.resolve(), graceMs: 0 }));
    const response = await fetch(`http://127.0.0.1:${port}/orders`, {
      method,
      headers: { origin, ...(method === "OPTIONS" && { "access-control-request-method": "POST" }) },
    });
    const headers = [...response.headers].filter(([name]) => name.startsWith("access-control-"));
    return { status: response.status, ...Object.fromEntries(headers) };
  }

  const allowed = {
    "access-control-allow-origin": "https://shop.example",
    "access-control-allow-methods": "GET,POST",
    "access-control-allow-headers": "content-type",
    "access-control-max-age": "60",
  };

  it("hands a preflight to $default, which answers it as it likes, with the API's CORS headers", async () => {
    const answer = await ask({ "POST /orders": "orders", $default: "fallback" }, "OPTIONS");
    expect(answer).to.deep.equal({ status: 405, ...allowed });
  });

  it("hands a preflight to a route for OPTIONS before $default, and puts its own CORS headers in place of the function's", async () => {
    const routes = { "POST /orders": "orders", "OPTIONS /{proxy+}": "preflight", $default: "fallback" };
    expect(await ask(routes, "OPTIONS")).to.deep.equal({ status: 204, ...allowed });
  });

  it("answers a preflight by itself where no route takes it, without headers for an origin that is not allowed", async () => {
    const routes = { "POST /orders": "orders" };
    expect(await ask(routes, "OPTIONS")).to.deep.equal({ status: 204, ...allowed });
    expect(await ask(routes, "OPTIONS", "https://evil.example")).to.deep.equal({ status: 204 });
  });

  it("says on any other answer which origin may read it, and which of its headers", async () => {
    expect(await ask({ "POST /orders": "orders" }, "POST")).to.deep.equal({
      status: 201,
      "access-control-allow-origin": "https://shop.example",
      "access-control-expose-headers": "location",
    });
  });
});
