import * as z from "zod";
import { clean } from "./text.ts";

/**
 * What a token lets its holder do. `orders:write` places and cancels one's own orders, `orders:read` reads them, and
 * `orders:service`, for the shop's own systems, does all of it with every customer's.
 */
export const AccessScope = z.enum(["orders:read", "orders:write", "orders:service"]);
export type AccessScope = z.output<typeof AccessScope>;

/**
 * Who a customer is to their identity provider: any text, such as `auth0|507f1f77`, of 1 to 255 characters
 * (https://openid.net/specs/openid-connect-core-1_0.html#IDToken), without those that no event may carry.
 */
export const Subject = z
  .string()
  .min(1)
  .max(255)
  .refine(...clean);

/**
 * The claims of a token as API Gateway hands them over: each as text, a list as `[a b]`. Scopes are in `scope`, or in `scp`
 * where there is none.
 */
export const Claims = z
  .object({ iss: z.string(), sub: Subject, scope: z.string().optional(), scp: z.string().optional() })
  .transform(({ iss, sub, scope, scp }): Caller => ({ issuer: iss, subject: sub, scopes: words(scope ?? scp ?? "") }));

/** Whose token came with a request. */
export interface Caller {
  readonly issuer: string;
  readonly subject: string;
  readonly scopes: readonly string[];
}

const words = (text: string): string[] =>
  text
    .replace(/^\[(.*)\]$/s, "$1")
    .split(/\s+/)
    .filter((word) => word !== "");
