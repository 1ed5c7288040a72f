import { createLocalJWKSet, type CompactVerifyGetKey } from "jose";
import * as z from "zod";

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const timeoutMs = 1_500;
/** An issuer on this machine may be as slow as the machine is busy. */
const localTimeoutMs = 60_000;
const maxKeysBytes = 150_000;
/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html: "for two hours" */
const cacheMs = 2 * 3_600_000;

/** The issuer cannot be asked for its keys. The message is API Gateway's. */
export class IssuerError extends Error {
  override readonly name = "IssuerError";
}

/** Where an issuer's keys come from, and how long they are kept. */
export interface IssuerKeysArgs {
  readonly issuer: string;
  /** Divides the two hours that keys are kept. */
  readonly speed: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * An issuer's public keys, found by its discovery document. They are kept for two hours, also where a token names a key that
 * is not among them; a failure is not kept.
 */
export function createIssuerKeys({ issuer, speed, now }: IssuerKeysArgs): () => Promise<CompactVerifyGetKey> {
  let kept: { readonly keys: Promise<CompactVerifyGetKey>; readonly until: number } | undefined;
  return () => {
    if (kept === undefined || now() >= kept.until) {
      const fetched = { keys: fetchKeys(issuer), until: now() + cacheMs / speed };
      fetched.keys.catch(() => (kept = kept === fetched ? undefined : kept));
      kept = fetched;
    }
    return kept.keys;
  };
}

const Configuration = z.object({ jwks_uri: z.url() });
const Keys = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

/** https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig */
async function fetchKeys(issuer: string): Promise<CompactVerifyGetKey> {
  const discovery = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const { jwks_uri } = await ask(discovery, Configuration, "OIDC discovery endpoint communication error");
  return createLocalJWKSet(await ask(jwks_uri, Keys, "JWKS communication error"));
}

async function ask<T>(url: string, schema: z.ZodType<T>, failure: string): Promise<T> {
  const isLocal = /^http:/.test(url);
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(isLocal ? localTimeoutMs : timeoutMs) });
    const bytes = await response.bytes();
    if (!response.ok || bytes.length > maxKeysBytes) throw new IssuerError(failure);
    return schema.parse(JSON.parse(Buffer.from(bytes).toString()));
  } catch {
    throw new IssuerError(failure);
  }
}
