import { calculateJwkThumbprint, exportJWK, generateKeyPair } from "jose";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LocalCloudError } from "../shared/names.ts";
import { mint, PrivateKey } from "./mint.ts";

/** The audience of the local issuer's tokens. */
export const audience = "order-fanout";

/** The identity provider of `npm start -- --auth`: it signs tokens for whoever asks, on this machine. */
export interface Issuer {
  /** The `auth` of a stack that takes its tokens. */
  readonly auth: { readonly issuer: string; readonly audience: string };
  /** A customer's token, for 12 hours: for the ready-made order. */
  readonly sample: string;
  /** Mints a token of the shop's own systems, for the local page. */
  service(): Promise<string>;
  /** What it publishes, by the path: https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig. */
  readonly documents: Readonly<Record<string, unknown>>;
}

/** Opens the issuer of a state folder. Its key is made once and kept, for its user's eyes alone. */
export async function openIssuer(state: string, endpoint: string): Promise<Issuer> {
  const path = "/_local/issuer";
  const url = `${endpoint}${path}`;
  const key = readKey(state) ?? (await makeKey(state));
  const { kty, n, e, kid, alg } = key;
  const auth = { issuer: url, audience };
  return {
    auth,
    sample: await mint(key, {
      ...auth,
      subject: "c-1",
      scopes: ["orders:write", "orders:read"],
      expiresSeconds: 43_200,
    }),
    service: () => mint(key, { ...auth, subject: "local-page", scopes: ["orders:service"], expiresSeconds: 60 }),
    documents: {
      [`${path}/.well-known/openid-configuration`]: {
        issuer: url,
        jwks_uri: `${url}/keys`,
        id_token_signing_alg_values_supported: [alg],
      },
      [`${path}/keys`]: { keys: [{ kty, n, e, kid, alg, use: "sig" }] },
    },
  };
}

const fileOf = (state: string): string => join(state, "issuer-key.json");

/**
 * The issuer's key, or nothing where it was never started.
 * @throws LocalCloudError where the file cannot be read.
 */
export function readKey(state: string): PrivateKey | undefined {
  const file = fileOf(state);
  if (!existsSync(file)) return undefined;
  try {
    return PrivateKey.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    throw new LocalCloudError(
      `${file} cannot be read. Delete it: a new key is made, and tokens of the old one are void.`,
    );
  }
}

async function makeKey(state: string): Promise<PrivateKey> {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const jwk = await exportJWK(privateKey);
  const key = PrivateKey.parse({ ...jwk, alg: "RS256", kid: await calculateJwkThumbprint(jwk) });
  writeFileSync(fileOf(state), JSON.stringify(key), { mode: 0o600, flag: "wx" });
  return key;
}
