import { expect } from "chai";
import { exportSPKI } from "jose";
import { createHmac } from "node:crypto";
import { get } from "node:http";
import type { Part } from "../../../local/shared/parts.ts";
import { forged, makeKey, playIssuer, signed, startGuardedApi, type Key, type Signer } from "../support/issuer.ts";

const HOUR = 3_600;
/** The authorizer's clock, in seconds since 1970: it stands still. */
const NOW = 1_793_534_400;

describe("A JWT authorizer on the local cloud", () => {
  let keys: Readonly<Record<"first" | "second" | "pss" | "ec", Key>>;
  let provider: Awaited<ReturnType<typeof playIssuer>>;
  let api: Part & { url: string };
  let seconds: number;

  before(async () => {
    const [first, second, pss, ec] = await Promise.all([
      makeKey("first"),
      makeKey("second"),
      makeKey("pss", "PS256"),
      makeKey("ec", "ES256"),
    ]);
    keys = { first, second, pss, ec };
    provider = await playIssuer();
  });
  after(() => provider.stop());
  beforeEach(async () => {
    seconds = NOW;
    Object.assign(provider, { keys: [keys.first.jwk, keys.pss.jwk, keys.ec.jwk], asked: [], broken: "" });
    api = await startGuardedApi(provider.url, () => seconds * 1_000);
  });
  afterEach(() => api.stop());

  const claims = () => ({
    iss: provider.url,
    aud: "orders",
    sub: "c-1",
    exp: NOW + HOUR,
    iat: NOW - 1,
    scope: "orders:read",
  });
  const sign = (over: object = {}, signer: Signer = keys.first) => signed({ ...claims(), ...over }, signer);

  async function ask(authorization: string | undefined, path = "/any") {
    const response = await fetch(`${api.url}${path}`, {
      headers: authorization === undefined ? {} : { authorization },
    });
    const body: unknown = await response.json();
    return { status: response.status, challenge: response.headers.get("www-authenticate"), body };
  }
  const refused = (description: string) => ({
    status: 401,
    challenge: `Bearer scope="" error="invalid_token" error_description="${description}"`,
    body: { message: "Unauthorized" },
  });
  /** The statuses with which tokens are answered. */
  const statusOf = async (token: string, path?: string) => (await ask(`Bearer ${token}`, path)).status;

  it("takes a token with and without `Bearer `, and hands its claims to the function as texts", async () => {
    const token = await sign({ groups: ["a", "b"], vip: true, aud: ["x", "orders"] });
    for (const header of [token, `Bearer ${token}`]) {
      const { status, challenge, body } = await ask(header, "/read");
      expect([status, challenge]).to.deep.equal([200, null]);
      expect(body)
        .to.have.nested.property("requestContext.authorizer")
        .that.deep.equals({
          jwt: {
            claims: {
              iss: provider.url,
              aud: "[x orders]",
              sub: "c-1",
              exp: String(NOW + HOUR),
              iat: String(NOW - 1),
              scope: "orders:read",
              groups: "[a b]",
              vip: "true",
            },
            scopes: ["orders:read"],
          },
        });
    }
    expect(provider.asked).to.deep.equal(["/tenant/.well-known/openid-configuration", "/elsewhere/keys"]);
  });

  it("asks for a token, and says nothing more where there is none", async () => {
    expect(await ask(undefined)).to.deep.equal({ ...refused(""), challenge: "Bearer" });
  });

  it("leaves routes without it alone, $default among them, whatever the header says", async () => {
    for (const path of ["/open", "/nowhere"]) {
      for (const header of [undefined, "Bearer x"]) expect((await ask(header, path)).status).to.equal(200);
    }
    expect(provider.asked).to.deep.equal([]);
  });

  it("refuses what is no token, and two headers", async () => {
    const token = await sign();
    for (const header of ["x", "Bearer a.b", "Basic YTpi", `${token}.x`]) {
      expect(await ask(header), header).to.deep.equal(refused("token contains an invalid number of segments"));
    }
    for (const header of [`bearer ${token}`, "Bearer ..", `Bearer  ${token}`]) {
      expect((await ask(header)).status, header).to.equal(401);
    }
    const twice = [
      "authorization",
      `Bearer ${token}`,
      "authorization",
      `Bearer ${token}`,
      "host",
      new URL(api.url).host,
    ];
    const status = await new Promise((resolve, reject) => {
      get(`${api.url}/any`, { headers: twice }, ({ statusCode }) => resolve(statusCode)).on("error", reject);
    });
    expect(status).to.equal(401);
    expect(await ask(`Bearer ${await sign({ filler: "x".repeat(7_000) })}`)).to.have.property("status", 200);
    expect(await ask(`Bearer ${await sign({ filler: "x".repeat(12_000) })}`)).to.have.property("status", 431);
  });

  it("takes RS256, RS384 and RS512 alone", async () => {
    const { privateKey } = keys.first;
    const pkcs8 = await crypto.subtle.exportKey("pkcs8", privateKey);
    for (const hash of ["256", "384", "512"]) {
      const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: `SHA-${hash}` };
      const key = await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, ["sign"]);
      expect(await statusOf(await sign({}, { privateKey: key, kid: "first", alg: `RS${hash}` })), hash).to.equal(200);
    }
    for (const { alg, ...key } of [keys.pss, keys.ec]) {
      expect(await ask(await sign({}, { ...key, alg }))).to.deep.equal(refused(`signing method ${alg} is invalid`));
    }
    const unsigned = forged({ alg: "none", kid: "first" }, claims());
    expect(await ask(unsigned)).to.deep.equal(refused("signing method none is invalid"));
    // The attack on a verifier that takes the public key for a shared secret.
    const input = forged({ alg: "HS256", kid: "first" }, claims()).slice(0, -1);
    const mac = createHmac("sha256", await exportSPKI(keys.first.publicKey))
      .update(input)
      .digest("base64url");
    expect(await ask(`${input}.${mac}`)).to.deep.equal(refused("signing method HS256 is invalid"));
    const spoiling = forged({ alg: 'x"\r\nset-cookie: a=b', kid: "first" }, claims());
    expect(await ask(spoiling)).to.deep.equal(refused("signing method unknown is invalid"));
  });

  it("takes no token whose key it cannot know, or whose text was changed", async () => {
    const { alg, privateKey } = keys.first;
    expect(await statusOf(await sign({}, { alg, privateKey }))).to.equal(401);
    expect(await statusOf(await sign({}, { ...keys.second, kid: "first" }))).to.equal(401);
    expect(await statusOf(await sign({}, keys.second))).to.equal(401);
    const [header, , signature] = (await sign()).split(".");
    const payload = Buffer.from(JSON.stringify({ ...claims(), sub: "c-2" })).toString("base64url");
    expect(await ask(`${header}.${payload}.${signature}`)).to.deep.equal(refused("the token's signature is not valid"));
  });

  it("takes a token of its issuer and for its audiences, `client_id` standing in where there is no `aud`", async () => {
    const of = async (over: object) => statusOf(await sign({ aud: undefined, ...over }));
    for (const over of [
      { aud: "https://api.shop.test" },
      { aud: ["x", "orders"] },
      { client_id: "orders" },
      { aud: "orders", client_id: "x" },
    ]) {
      expect(await of(over), JSON.stringify(over)).to.equal(200);
    }
    for (const over of [
      {},
      { aud: "x" },
      { aud: [] },
      { aud: "x", client_id: "orders" },
      { client_id: "x" },
      { aud: "orders", iss: provider.url.slice(0, -1) },
      { aud: "orders", iss: "https://login.test/" },
      { aud: "orders", iss: undefined },
      { aud: { orders: true } },
    ]) {
      expect(await of(over), JSON.stringify(over)).to.equal(401);
    }
    expect(await ask(await sign({ aud: "x" }))).to.deep.equal(refused("the token does not have a valid audience"));
  });

  it("takes a token from its time on and until it expires, to the second", async () => {
    for (const over of [{ exp: NOW + 1 }, { nbf: NOW }, { iat: NOW }, { iat: undefined }, { nbf: NOW - HOUR }]) {
      expect(await statusOf(await sign(over)), JSON.stringify(over)).to.equal(200);
    }
    for (const over of [{ exp: NOW }, { exp: NOW - 1 }, { exp: undefined }, { nbf: NOW + 1 }, { iat: NOW + 1 }]) {
      expect(await statusOf(await sign(over)), JSON.stringify(over)).to.equal(401);
    }
    for (const over of [{ exp: "soon" }, { nbf: "now" }, { scope: 5 }]) {
      expect(await statusOf(await sign(over)), JSON.stringify(over)).to.equal(401);
    }
  });

  it("asks for one of the route's scopes, from `scope` or `scp`", async () => {
    const with_ = async (over: object) => statusOf(await sign({ scope: undefined, ...over }), "/read");
    for (const over of [
      { scope: "openid orders:read" },
      { scope: "orders:service" },
      { scp: "orders:read" },
      { scp: ["openid", "orders:service"] },
    ]) {
      expect(await with_(over), JSON.stringify(over)).to.equal(200);
    }
    for (const over of [
      {},
      { scope: "" },
      { scope: "orders:reader xorders:read" },
      { scope: "orders:read,orders:service" },
      { scope: "openid", scp: "orders:read" },
    ]) {
      expect(await with_(over), JSON.stringify(over)).to.equal(403);
    }
    expect(await ask(await sign({ scope: "orders:write" }), "/read")).to.deep.equal({
      status: 403,
      challenge:
        'Bearer scope="orders:read orders:service" error="insufficient_scope" error_description="insufficient scope"',
      body: { message: "Forbidden" },
    });
    expect(await statusOf(await sign({ scope: undefined }), "/any")).to.equal(200);
  });

  it("keeps the issuer's keys for two hours, shortened by --speed: a new key is known after, an old one until then", async () => {
    const both = async () => [await statusOf(await sign()), await statusOf(await sign({}, keys.second))];
    expect(await both()).to.deep.equal([200, 401]);
    provider.keys = [keys.second.jwk];
    seconds = NOW + HOUR - 1;
    expect(await both()).to.deep.equal([200, 401]);
    expect(provider.asked).to.have.length(2);
    seconds = NOW + HOUR;
    const later = { exp: NOW + 2 * HOUR };
    expect(await statusOf(await sign(later))).to.equal(401);
    expect(await statusOf(await sign(later, keys.second))).to.equal(200);
    expect(provider.asked).to.have.length(4);
  });

  it("asks for the keys once for many requests at once", async () => {
    const token = await sign();
    const statuses = await Promise.all(Array.from({ length: 20 }, () => statusOf(token)));
    expect([new Set(statuses), provider.asked.length]).to.deep.equal([new Set([200]), 2]);
  });

  it("answers 401 while the issuer cannot be asked, and asks again", async () => {
    const token = await sign();
    provider.broken = "/tenant/.well-known/openid-configuration";
    expect(await ask(token)).to.deep.equal(refused("OIDC discovery endpoint communication error"));
    provider.broken = "/elsewhere/keys";
    expect(await ask(token)).to.deep.equal(refused("JWKS communication error"));
    provider.broken = "";
    expect((await ask(token)).status).to.equal(200);
  });
});
