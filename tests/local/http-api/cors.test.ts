import { expect } from "chai";
import type { Part } from "../../../local/shared/parts.ts";
import { startHttpApi } from "../support/http-api.ts";

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

describe("An HTTP API with CORS, on the local cloud", () => {
  const parts: Part[] = [];
  afterEach(async () => {
    for (const part of parts.splice(0)) await part.stop();
  });

  /** Status and CORS headers of the answer to a request from a page of this origin. */
  async function ask(routes: Readonly<Record<string, string>>, method: string, origin = "https://shop.example") {
    const invoke = (name: string) => ({ ok: true, payload: JSON.stringify(answers[name]) }) as const;
    const api = await startHttpApi({ cors, routes, invoke });
    parts.push(api);
    const response = await fetch(`${api.url}/orders`, {
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
