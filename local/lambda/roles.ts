import { allows, statementsOf, type Statement } from "../shared/policy.ts";

/** The functions' roles and the policies written into them. Most calls are not checked against these: see `allows`. */
export interface Roles {
  /** Adds a policy, as JSON, to a role. */
  putPolicy(role: string, policy: string): void;
  /** Says which role a function runs with. */
  assume(functionName: string, roleArn: string): void;
  /**
   * Whether a function's policies allow an action on a resource; conditions are taken as met. SES alone asks, about
   * identities and configuration sets.
   */
  readonly allows: (functionName: string, action: string, resource: string) => boolean;
}

/** Starts without roles. */
export function createRoles(): Roles {
  const statements = new Map<string, Statement[]>();
  const roles = new Map<string, string>();
  return {
    putPolicy: (role, policy) => {
      statements.set(role, [...(statements.get(role) ?? []), ...statementsOf(policy)]);
    },
    assume: (functionName, roleArn) => void roles.set(functionName, roleArn.split("/").at(-1) ?? roleArn),
    allows: (functionName, action, resource) =>
      allows(statements.get(roles.get(functionName) ?? "") ?? [], { action, resource }),
  };
}
