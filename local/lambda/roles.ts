import * as z from "zod";
import { arnMatches } from "../shared/names.ts";

const OneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const Statement = z.looseObject({
  Effect: z.enum(["Allow", "Deny"]),
  Action: OneOrMore.default([]),
  Resource: OneOrMore.optional(),
  NotResource: OneOrMore.optional(),
});
const Policy = z.looseObject({
  Statement: z.union([Statement.transform((one) => [one]), z.array(Statement)]),
});

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
  const statements = new Map<string, z.output<typeof Statement>[]>();
  const roles = new Map<string, string>();
  return {
    putPolicy: (role, policy) => {
      const added = Policy.parse(JSON.parse(policy)).Statement;
      statements.set(role, [...(statements.get(role) ?? []), ...added]);
    },
    assume: (functionName, roleArn) => void roles.set(functionName, roleArn.split("/").at(-1) ?? roleArn),
    allows: (functionName, action, resource) => {
      const own = statements.get(roles.get(functionName) ?? "") ?? [];
      const named = (patterns: readonly string[], value: string) => patterns.some((one) => arnMatches(one, value));
      const fitting = own.filter(
        ({ Action, Resource, NotResource }) =>
          named(Action, action) && (Resource ? named(Resource, resource) : !named(NotResource ?? ["*"], resource)),
      );
      return fitting.length > 0 && fitting.every(({ Effect }) => Effect === "Allow");
    },
  };
}
