import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from "jose";
import { createJwtAuthorizer } from "../../../local/http-api/jwt-authorizer.ts";
import { listening } from "../../support/listening.ts";
import { startHttpApi } from "./http-api.ts";

/** A key pair, with the half that an issuer publishes. */
export interface Key {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

/** What signs a token: a key that may have no name. */
export type Signer = Pick<Key, "alg" | "privateKey"> & { readonly kid?: string };

/** Makes a key pair. */
export async function makeKey(kid: string, alg = "RS256"): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, use: "sig" } };
}

/** Signs a token with exactly these claims. */
export const signed = (claims: object, { kid, alg, privateKey }: Signer): Promise<string> =>
  new SignJWT({ ...claims }).setProtectedHeader({ alg, ...(kid !== undefined && { kid }) }).sign(privateKey);

/** A token made by hand, so that nothing in it is refused by who signs it. */
export const forged = (header: object, payload: object): string =>
  `${[header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")}.`;

/** An HTTP API whose function answers its event; a caller needs a token for /any, and one of two scopes for /read. */
export const startGuardedApi = (issuer: string, now: () => number) =>
  startHttpApi({
    authorizer: createJwtAuthorizer({ issuer, audiences: ["orders", "https://api.shop.test"], speed: 2, now }),
    routes: { "GET /any": "f", "GET /read": "f", "GET /open": "f", $default: "f" },
    scopes: { "GET /any": [], "GET /read": ["orders:read", "orders:service"] },
    invoke: (_name, event) => ({
      ok: true,
      payload: JSON.stringify({ statusCode: 200, body: JSON.stringify(event) }),
    }),
  });

/** An identity provider that publishes what a test says, at a path of its own. */
export async function playIssuer() {
  const said = { keys: new Array<JWK>(), asked: new Array<string>(), broken: "" };
  const { server, url } = await listening((request, response) => {
    const path = request.url ?? "";
    said.asked.push(path);
    const documents: Record<string, object> = {
      "/tenant/.well-known/openid-configuration": { jwks_uri: `${url}/elsewhere/keys` },
      "/elsewhere/keys": { keys: said.keys },
    };
    response.writeHead(path === said.broken ? 503 : 200).end(JSON.stringify(documents[path] ?? {}));
  });
  const stop = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return Object.assign(said, { url: `${url}/tenant/`, stop });
}
