import { expect } from "chai";
import { route } from "../../../runtime/define/route.ts";
import { serve } from "../../../runtime/lambda/serve.ts";
import { quietly } from "../../support/captured.ts";
import { clock, httpEvent, variables } from "../../support/lambda.ts";

const whose = serve(
  route({ scopes: ["orders:read"], handle: async ({ caller }) => ({ statusCode: 200, body: caller }) }),
  variables(),
);
const claims = { iss: "https://login.test/", sub: "auth0|507f1f77", exp: "1793538000" };

/** The answer's status and body to a request with these claims. */
async function ask(given: Record<string, string>): Promise<[unknown, unknown]> {
  const { statusCode, body } = await quietly(() => whose(httpEvent({ claims: given }), clock()));
  return [statusCode, JSON.parse(body ?? "null")];
}

describe("the caller of a route", () => {
  it("is whose token it is, with its scopes, wherever the claims have them", async () => {
    const caller = { issuer: "https://login.test/", subject: "auth0|507f1f77" };
    const scope = "orders:read openid";
    for (const [given, scopes] of [
      [{ scope }, ["orders:read", "openid"]],
      [{ scope, scp: "orders:service" }, ["orders:read", "openid"]],
      [{ scp: scope }, ["orders:read", "openid"]],
      [{ scp: "[orders:read  openid]" }, ["orders:read", "openid"]],
      [{ scp: "[]" }, []],
      [{}, []],
    ] as const) {
      expect(await ask({ ...claims, ...given })).to.deep.equal([200, { ...caller, scopes }]);
    }
  });

  it("has any subject of 1 to 255 characters; any other token is a 403", async () => {
    for (const sub of ["a", "https://login.test/users/1", "x".repeat(255), "Ádám 7", "email|ada@example.com"]) {
      expect((await ask({ ...claims, sub }))[1]).to.have.property("subject", sub);
    }
    const nobody = { iss: claims.iss };
    const subjects = ["", "x".repeat(256), "a\nb", "a\uFFFEb", "\u202Ea", "\uD800"];
    for (const given of [nobody, ...subjects.map((sub) => ({ ...claims, sub }))]) {
      expect(await ask(given)).to.deep.equal([
        403,
        {
          type: "urn:order-fanout:problem:forbidden",
          title: "The caller may not do this",
          status: 403,
          detail: "The token must have a subject of 1 to 255 characters, without control characters.",
          instance: "/orders",
        },
      ]);
    }
  });

  it("is nobody whom another kind of authorizer let in: 500", async () => {
    const event = httpEvent({});
    Object.assign(event.requestContext, { authorizer: { lambda: { sub: "c-1" } } });
    expect(await quietly(() => whose(event, clock()))).to.have.property("statusCode", 500);
  });
});
