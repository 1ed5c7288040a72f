import type { RequestContext, Statement } from "./statement.ts";

/** A call that is judged: by a role, or by a service that acts for itself. */
export interface AccessRequest {
  readonly action: string;
  readonly resource: string;
  /** The service that calls, such as `sns.amazonaws.com`; undefined for a role. */
  readonly service?: string;
  readonly context: RequestContext;
}

/** The policies that a call is judged by. */
export interface Policies {
  /** Of the role that calls; a service has none. */
  readonly identity: readonly Statement[];
  /** Of the resource that is called. */
  readonly resource: readonly Statement[];
}

/** What came of it: the statement that decided, and where none did, what was missing. */
export type Verdict =
  | { readonly allowed: true; readonly statement: string }
  | { readonly allowed: false; readonly kind: "identity" | "resource"; readonly statement?: string };

/**
 * Judges as AWS does inside one account: a denial wins over every permission; a role is allowed by its own policies or by
 * the resource's, a service by the resource's alone.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function evaluate({ identity, resource }: Policies, request: AccessRequest): Verdict {
  const fitting = (statements: readonly Statement[]) => statements.filter((statement) => fits(statement, request));
  const own = request.service === undefined ? fitting(identity) : [];
  const others = fitting(resource);
  for (const [kind, statements] of [["identity", own] as const, ["resource", others] as const]) {
    const denial = statements.find(({ effect }) => effect === "Deny");
    if (denial) return { allowed: false, kind, statement: denial.name };
  }
  const [permission] = [...own, ...others];
  if (permission) return { allowed: true, statement: permission.name };
  return { allowed: false, kind: request.service === undefined ? "identity" : "resource" };
}

const fits = (
  { admits, actions, resources, conditions }: Statement,
  { action, resource, service, context }: AccessRequest,
): boolean =>
  actions(action) && resources(resource) && (admits === undefined || admits(service)) && conditions(context);
