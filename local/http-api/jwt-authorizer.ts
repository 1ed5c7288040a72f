import { compactVerify, decodeProtectedHeader, errors, type ProtectedHeaderParameters } from "jose";
import * as z from "zod";
import { createIssuerKeys, IssuerError, type IssuerKeysArgs } from "./issuer-keys.ts";

/** What an authorizer makes of a request: what its function gets of the token, or the answer to the client. */
export type Verdict =
  | { readonly jwt: { readonly claims: Readonly<Record<string, string>>; readonly scopes: readonly string[] | null } }
  | { readonly refused: "unauthorized" | "forbidden"; readonly challenge: string };

/** A JWT authorizer of an HTTP API. */
export interface JwtAuthorizer {
  /**
   * Judges a token.
   * @param header The header Authorization; several are joined by commas, which makes no token.
   * @param scopes The route's scopes, of which the token must have one; none asks for none.
   */
  check(header: string | undefined, scopes: readonly string[]): Promise<Verdict>;
}

/** "Currently, only RSA-based algorithms are supported": of these, tokens are signed by the ones without PSS. */
const algorithms = ["RS256", "RS384", "RS512"];

/** A token that is not taken. The message goes to the client. */
class TokenError extends Error {
  override readonly name = "TokenError";
}

const Names = z.union([z.string(), z.array(z.string())]);
const Payload = z.looseObject({
  iss: z.string().optional(),
  aud: Names.optional(),
  client_id: z.string().optional(),
  exp: z.number().optional(),
  nbf: z.number().optional(),
  iat: z.number().optional(),
  scope: Names.optional(),
  scp: Names.optional(),
});
type Payload = z.output<typeof Payload>;

/**
 * Checks tokens as API Gateway does: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html.
 * Where that page leaves something open, it is as strict as the page can be read: a token that is taken here is taken there.
 */
export function createJwtAuthorizer(args: IssuerKeysArgs & { readonly audiences: readonly string[] }): JwtAuthorizer {
  const keysOf = createIssuerKeys(args);
  return {
    check: async (header, wanted) => {
      if (header === undefined) return { refused: "unauthorized", challenge: "Bearer" };
      try {
        const payload = await verify(header.replace(/^Bearer /, ""), keysOf);
        refuseClaims(payload, args);
        const scopes = [payload.scope ?? payload.scp ?? []].flat().flatMap((name) => name.split(" ").filter(Boolean));
        if (wanted.length > 0 && !wanted.some((scope) => scopes.includes(scope))) {
          return { refused: "forbidden", challenge: challenge("insufficient_scope", wanted, "insufficient scope") };
        }
        return { jwt: { claims: asTexts(payload), scopes: wanted.length > 0 ? scopes : null } };
      } catch (error) {
        if (!(error instanceof TokenError || error instanceof IssuerError)) throw error;
        return { refused: "unauthorized", challenge: challenge("invalid_token", [], error.message) };
      }
    },
  };
}

const challenge = (error: string, scopes: readonly string[], description: string): string =>
  `Bearer scope="${scopes.join(" ")}" error="${error}" error_description="${description}"`;

/** The payload of a token whose signature is by one of the keys. */
async function verify(token: string, keysOf: ReturnType<typeof createIssuerKeys>): Promise<Payload> {
  if (token.split(".").length !== 3) throw new TokenError("token contains an invalid number of segments");
  const { alg, kid } = headerOf(token);
  if (alg === undefined || !algorithms.includes(alg)) throw new TokenError(`signing method ${plain(alg)} is invalid`);
  if (kid === undefined) throw new TokenError("the token does not name its key");
  const keys = await keysOf();
  try {
    const { payload } = await compactVerify(token, keys, { algorithms });
    return Payload.parse(JSON.parse(Buffer.from(payload).toString()));
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) throw new TokenError("the token's key is not one of the issuer's");
    if (error instanceof errors.JOSEError) throw new TokenError("the token's signature is not valid");
    throw new TokenError("the token's claims cannot be read");
  }
}

/** A name that can spoil no header. */
const plain = (name = ""): string => (/^[\w-]{1,16}$/.test(name) ? name : "unknown");

function headerOf(token: string): ProtectedHeaderParameters {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw new TokenError("the token's header cannot be read");
  }
}

/** No allowance is made for clocks: AWS documents none. */
function refuseClaims(
  { iss, aud, client_id, exp, nbf, iat }: Payload,
  { issuer, audiences, now }: Parameters<typeof createJwtAuthorizer>[0],
): void {
  const seconds = now() / 1_000;
  if (iss !== issuer) throw new TokenError("the token does not have a valid issuer");
  const intended = [aud ?? client_id ?? []].flat();
  if (!intended.some((one) => audiences.includes(one)))
    throw new TokenError("the token does not have a valid audience");
  if (exp === undefined || exp <= seconds) throw new TokenError("the token has expired");
  if (nbf !== undefined && nbf > seconds) throw new TokenError("the token is not valid yet");
  if (iat !== undefined && iat > seconds) throw new TokenError("the token is used before it was issued");
}

/** Each claim as text, a list as `[a b]`: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
function asTexts(payload: Payload): Record<string, string> {
  const text = (value: unknown): string =>
    Array.isArray(value) ? `[${value.map(text).join(" ")}]` : typeof value === "string" ? value : JSON.stringify(value);
  return Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, text(value)]));
}
