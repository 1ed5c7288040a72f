import { importJWK, SignJWT } from "jose";
import * as z from "zod";

/** An RSA key pair as a JWK (https://www.rfc-editor.org/rfc/rfc7517). */
export const PrivateKey = z.looseObject({
  kty: z.literal("RSA"),
  n: z.string(),
  e: z.string(),
  d: z.string(),
  kid: z.string(),
  alg: z.literal("RS256"),
});
export type PrivateKey = z.output<typeof PrivateKey>;

/** What a token says. */
export interface TokenContent {
  readonly issuer: string;
  readonly audience: string;
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly expiresSeconds: number;
}

/** Makes a token, and signs it. */
export async function mint(key: PrivateKey, content: TokenContent): Promise<string> {
  const { issuer, audience, subject, scopes, expiresSeconds } = content;
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({ scope: scopes.join(" ") })
    .setProtectedHeader({ alg: key.alg, typ: "JWT", kid: key.kid })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(subject)
    .setIssuedAt(now)
    .setExpirationTime(now + expiresSeconds)
    .sign(await importJWK(key, key.alg));
}
