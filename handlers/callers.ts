import { randomUUID } from "node:crypto";
import type { AccessScope } from "../contracts/access.ts";
import { Problem } from "../contracts/problems.ts";
import type { Caller } from "../runtime/index.ts";

/** Whether a caller is one of the shop's own systems, which act for every customer. */
export const isService = ({ scopes }: Caller): boolean => scopes.includes("orders:service" satisfies AccessScope);

/**
 * Whose order a request places: the token's subject's, or for a service the customer's that the body names. Without a token
 * the body is believed; where it names nobody, a customer is made.
 * @throws Problem `forbidden` for another customer's name in the body.
 */
export function ownerOf(caller: Caller | undefined, named: string | undefined): string {
  if (caller === undefined) return named ?? `c-${randomUUID()}`;
  if (named === undefined || named === caller.subject) return caller.subject;
  if (isService(caller)) return named;
  throw new Problem("forbidden", "An order for another customer needs a token with the scope orders:service.");
}
