import { createHash } from "node:crypto";
import { Problem } from "../../contracts/problems.ts";

/**
 * Reads the `Idempotency-Key` header: 1 to 255 visible ASCII characters, bare or as a quoted string (RFC 8941, section
 * 3.3.3; draft-ietf-httpapi-idempotency-key-header). A comma is refused in a bare key, because payload format 2.0 joins
 * a header that was sent twice by one.
 * @throws Problem `invalid-idempotency-key`.
 */
export function idempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const quoted = /^"((?:[\x20-\x21\x23-\x5B\x5D-\x7E]|\\["\\])*)"$/.exec(header)?.[1]?.replace(/\\(["\\])/g, "$1");
  const key = quoted ?? header;
  if (key.length < 1 || key.length > 255 || !/^[\x21-\x7E]+$/.test(key) || (quoted === undefined && /[,"]/.test(key))) {
    throw new Problem(
      "invalid-idempotency-key",
      "Send one Idempotency-Key of 1 to 255 visible ASCII characters; a bare one without commas or quotes.",
    );
  }
  return key;
}

/** A key and whose it is. What is left out is nobody's: without callers who prove who they are, the body's customer. */
export interface ScopedKey {
  /** Who vouches for the caller: a token's issuer. */
  readonly issuer?: string | undefined;
  readonly customerId?: string | undefined;
  readonly key: string;
}

/** The hash under which a key is stored: the same key of two callers is two keys. */
export const keyHash = ({ issuer, customerId, key }: ScopedKey): string =>
  createHash("sha256")
    .update(JSON.stringify([issuer ?? null, customerId ?? null, key]))
    .digest("hex");
