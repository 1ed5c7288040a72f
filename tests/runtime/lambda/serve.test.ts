import { expect } from "chai";
import * as z from "zod";
import { Problem } from "../../../contracts/problems.ts";
import { route, type RouteRequest } from "../../../runtime/define/route.ts";
import { serve } from "../../../runtime/lambda/serve.ts";
import { captured, quietly } from "../../support/captured.ts";
import { clock, httpEvent, variables } from "../../support/lambda.ts";

const env = variables({ NAME: "POST /things" });
const path = "/things";
const Thing = z.strictObject({ sku: z.string() });
const echo = serve(
  route({
    module: import.meta,
    scopes: "public",
    body: Thing,
    handle: async ({ body }) => ({ statusCode: 200, body }),
  }),
  env,
);
const valid = '{"sku":"MUG-001"}';
const CORRELATED = { "x-correlation-id": "request-1" };

const problem = (status: number, type: string, title: string, detail: string, more: object = {}) => ({
  statusCode: status,
  headers: { "content-type": "application/problem+json", ...CORRELATED },
  body: { type: `urn:order-fanout:problem:${type}`, title, status, detail, instance: path, ...more },
});

/** The answer with its body parsed. */
async function ask(handler: ReturnType<typeof serve>, request: Parameters<typeof httpEvent>[0]) {
  const { body, ...answer } = await quietly(() => handler(httpEvent({ path, ...request }), clock()));
  const parsed: unknown = body === undefined ? undefined : JSON.parse(body);
  return { ...answer, ...(body !== undefined && { body: parsed }) };
}

describe("serve()", () => {
  it("answers what the handler answers, as JSON", async () => {
    expect(await ask(echo, { body: valid })).to.deep.equal({
      statusCode: 200,
      headers: { "content-type": "application/json", ...CORRELATED },
      body: { sku: "MUG-001" },
    });
  });

  it("answers without a body and without its content type where there is none", async () => {
    const health = serve({ handle: async () => ({ statusCode: 204 }) }, env);
    expect(await ask(health, { method: "GET" })).to.deep.equal({ statusCode: 204, headers: CORRELATED });
  });

  it("hands over the request, with the routes of the API", async () => {
    const seen: RouteRequest[] = [];
    const handler = serve(
      route({
        scopes: "public",
        handle: async (request) => {
          seen.push(request);
          return { statusCode: 204 };
        },
      }),
      variables({ ROUTES: '["GET /things/{id}"]' }),
    );
    await ask(handler, { method: "GET", path: "/things/1", pathParameters: { id: "1" }, headers: { accept: "*/*" } });
    expect(seen).to.deep.equal([
      {
        caller: undefined,
        body: undefined,
        headers: { accept: "*/*" },
        pathParameters: { id: "1" },
        method: "GET",
        path: "/things/1",
        routes: ["GET /things/{id}"],
      },
    ]);
  });

  describe("refuses to read", () => {
    const malformed = (detail: string) => problem(400, "malformed-request", "The request cannot be read", detail);
    const unreadable: Record<string, [Parameters<typeof httpEvent>[0], ReturnType<typeof problem>]> = {
      "no body": [{}, malformed("The body is empty: send a JSON object.")],
      "an empty body": [{ body: "" }, malformed("The body is empty: send a JSON object.")],
      "malformed JSON": [{ body: "{" }, malformed("The body is not JSON.")],
      "a U+FFFD": [{ body: '{"sku":"\uFFFD"}' }, malformed("The body is not UTF-8.")],
      "bytes that are not UTF-8": [
        { body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]).toString("base64"), isBase64Encoded: true },
        malformed("The body is not UTF-8."),
      ],
      "a key that is twice": [{ body: '{"sku":"A","sku":"B"}' }, malformed('The key "sku" is in one object twice.')],
      "17 levels": [{ body: "[".repeat(17) + "]".repeat(17) }, malformed("The body is nested deeper than 16 levels.")],
      "another content type": [
        { body: valid, headers: { "content-type": "text/plain" } },
        problem(
          415,
          "unsupported-media-type",
          "The body must be application/json, in UTF-8",
          "Send the body with `Content-Type: application/json`, in UTF-8 and without a Content-Encoding.",
        ),
      ],
      "no content type": [
        { body: valid, headers: {} },
        problem(
          415,
          "unsupported-media-type",
          "The body must be application/json, in UTF-8",
          "Send the body with `Content-Type: application/json`, in UTF-8 and without a Content-Encoding.",
        ),
      ],
      "a body over 64 KB": [
        { body: `"${"x".repeat(64 * 1024 - 1)}"` },
        problem(413, "too-large", "The body is too large", "The body has 65537 bytes; the most is 65536."),
      ],
      "a body over 64 KB in bytes, if not in characters": [
        { body: `"${"ü".repeat(32 * 1024)}"` },
        problem(413, "too-large", "The body is too large", "The body has 65538 bytes; the most is 65536."),
      ],
    };
    for (const [what, [request, answer]] of Object.entries(unreadable)) {
      it(what, async () => {
        expect(await ask(echo, request)).to.deep.equal(answer);
      });
    }
  });

  it("reads a content type with parameters in any case, a body in base64, and 64 KB", async () => {
    const headers = { "content-type": "Application/JSON; charset=utf-8" };
    const body = Buffer.from(valid).toString("base64");
    expect((await ask(echo, { headers, body, isBase64Encoded: true })).statusCode).to.equal(200);
    const padded = valid + " ".repeat(64 * 1024 - valid.length);
    expect((await ask(echo, { body: padded })).statusCode).to.equal(200);
  });

  it("points at every bad field at once, and touches no prototype", async () => {
    const body = '{"sku":5,"a/b~c é":1,"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
    const unknown = { code: "unknown_field", message: "is not a field of this request" };
    expect(await ask(echo, { body })).to.deep.equal(
      problem(422, "invalid-request", "The request is not valid", "4 fields are not valid.", {
        errors: [
          { pointer: "#/sku", code: "invalid_type", message: "Invalid input: expected string, received number" },
          { pointer: "#/a~1b~0c%20%C3%A9", ...unknown },
          { pointer: "#/__proto__", ...unknown },
          { pointer: "#/constructor", ...unknown },
        ],
      }),
    );
    expect(Reflect.get({}, "polluted")).to.equal(undefined);
  });

  it("answers a problem that the handler throws, with its headers", async () => {
    const handler = serve(
      route({
        scopes: "public",
        handle: async () => {
          throw new Problem("method-not-allowed", "Not so.", { headers: { allow: "GET" } });
        },
      }),
      env,
    );
    const expected = problem(405, "method-not-allowed", "The method is not allowed here", "Not so.");
    expect(await ask(handler, {})).to.deep.equal({ ...expected, headers: { ...expected.headers, allow: "GET" } });
  });

  const internal = problem(
    500,
    "internal-error",
    "Something went wrong on our side",
    "Quote the correlation id when you report this.",
  );
  const unavailable = problem(
    503,
    "unavailable",
    "The order service is not available right now",
    "Try again; with the same Idempotency-Key it is safe.",
  );
  const named = (name: string) => Object.assign(new Error("secret detail"), { name });
  const thrown: Record<string, [unknown, ReturnType<typeof problem>]> = {
    "a mistake in our code": [new TypeError("secret detail"), internal],
    "what is no error": ["secret detail", internal],
    "a file that is not there": [Object.assign(new Error("secret detail"), { code: "ERR_MODULE_NOT_FOUND" }), internal],
    "a refused connection": [Object.assign(new Error("secret detail"), { code: "ECONNREFUSED" }), unavailable],
    "an unknown host": [Object.assign(new Error("secret detail"), { code: "ENOTFOUND" }), unavailable],
    "a time-out": [named("TimeoutError"), unavailable],
    "an abort": [named("AbortError"), unavailable],
    "an error of AWS": [Object.assign(new Error("secret detail"), { $metadata: {} }), unavailable],
  };
  for (const [what, [error, answer]] of Object.entries(thrown)) {
    it(`answers ${answer.statusCode} to ${what}, without its detail`, async () => {
      const handler = serve(
        route({
          scopes: "public",
          handle: async () => {
            throw error;
          },
        }),
        env,
      );
      const headers = { ...answer.headers, ...(answer === unavailable && { "retry-after": "1" }) };
      expect(await ask(handler, {})).to.deep.equal({ ...answer, headers });
    });
  }

  it("does not load where its environment cannot be read", () => {
    const definition = route({ scopes: "public", handle: async () => ({ statusCode: 204 }) });
    expect(() => serve(definition, { ...env, ROUTES: "{" })).to.throw(
      'The environment of "POST /things" is wrong: ROUTES: must be JSON.',
    );
  });

  it("takes over a correlation id that can spoil nothing, and logs by it", async () => {
    const handler = serve(
      route({
        scopes: "public",
        handle: async (_, { log }) => {
          log.info("seen");
          return { statusCode: 204 };
        },
      }),
      env,
    );
    const given = async (id: string) => {
      const { result, lines } = await captured(() =>
        handler(httpEvent({ headers: { "x-correlation-id": id } }), clock()),
      );
      return [result.headers?.["x-correlation-id"], lines[0]?.["correlationId"]];
    };
    expect(await given("abc.DEF_1:2-3")).to.deep.equal(["abc.DEF_1:2-3", "abc.DEF_1:2-3"]);
    for (const spoiling of ["", "a b", "a\r\nset-cookie: x", "x".repeat(129), "ada@example.com"]) {
      expect(await given(spoiling)).to.deep.equal(["request-1", "request-1"]);
    }
  });
});
