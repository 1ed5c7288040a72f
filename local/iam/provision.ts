import * as z from "zod";
import { nameOf, PolicyText, read, unsupported } from "../shared/inputs.ts";
import { account } from "../shared/names.ts";
import type { Provision } from "../shared/services.ts";
import type { ProgramResource } from "../program/protocol.ts";
import type { PolicyKind, PolicySource } from "./statement.ts";

/** A policy out of a resource's inputs, as errors and records name it. */
export const policyOf = (
  { type, name }: Pick<ProgramResource, "type" | "name">,
  kind: PolicyKind,
  text: string,
): PolicySource => ({ kind, text, resource: `${type} "${name}"`, name });

const Role = z.object({ assumeRolePolicy: PolicyText });
/** Inputs of a role that give or take permissions, of which nothing here knows. */
const foreign = ["inlinePolicies", "managedPolicyArns", "permissionsBoundary"];

/** A role, with its trust policy. */
export const role: Provision = (resource, { access }) => {
  const { assumeRolePolicy } = read(Role, resource);
  const given = foreign.filter((input) => resource.inputs[input] !== undefined);
  if (given.length > 0)
    throw unsupported(resource, `${given.join(", ")} is not implemented. Write the statements into a RolePolicy.`);
  const name = nameOf(resource);
  access.putRole(name, policyOf(resource, "trust", assumeRolePolicy));
  const outputs = { name, arn: `arn:aws:iam::${account}:role/${name}`, uniqueId: name, path: "/" };
  return { id: name, outputs };
};

const RolePolicy = z.object({ role: z.string(), policy: PolicyText });

/** A role's own policy. */
export const rolePolicy: Provision = (resource, { access }) => {
  const { role: roleName, policy } = read(RolePolicy, resource);
  access.putRolePolicy(roleName, policyOf(resource, "identity", policy));
  const name = nameOf(resource);
  return { id: `${roleName}:${name}`, outputs: { name } };
};

/** A managed policy, whose text is not here. */
export const rolePolicyAttachment: Provision = (resource) => {
  throw unsupported(resource, "managed policies are not implemented. Write the statements into a RolePolicy.");
};

/** A policy of a resource, by the input that names the resource. */
export const resourcePolicy =
  (input: string, arnOf: (named: string) => string): Provision =>
  (resource, { access }) => {
    const { policy } = read(z.object({ policy: PolicyText }), resource);
    const named = String(resource.inputs[input]);
    access.putResourcePolicy(arnOf(named), policyOf(resource, "resource", policy));
    return { id: named, outputs: {} };
  };
