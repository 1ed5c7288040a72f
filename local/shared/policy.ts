import * as z from "zod";
import { arnMatches } from "./names.ts";

const OneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const Principals = z.union([z.literal("*"), z.record(z.string(), OneOrMore)]);
const Values = z.union([z.string(), z.boolean()]).transform((one) => [String(one)]);
const Conditions = z.record(z.string(), z.record(z.string(), z.union([Values, z.array(z.string())])));
const Statement = z.looseObject({
  Effect: z.enum(["Allow", "Deny"]),
  Principal: Principals.optional(),
  Action: OneOrMore.default([]),
  Resource: OneOrMore.optional(),
  NotResource: OneOrMore.optional(),
  Condition: Conditions.default({}),
});
const Policy = z.looseObject({ Statement: z.union([z.array(Statement), Statement.transform((one) => [one])]) });

/** A statement of an IAM policy. */
export type Statement = z.output<typeof Statement>;

/** A call that a policy is asked about. */
export interface PolicyRequest {
  readonly action: string;
  readonly resource: string;
  /** The service that calls, where a resource's policy is asked. */
  readonly service?: string;
  /** The values of condition keys. Without it, every condition is taken as met. */
  readonly context?: Readonly<Record<string, string>>;
}

/** The statements of a policy in JSON. */
export const statementsOf = (policy: string): Statement[] => Policy.parse(JSON.parse(policy)).Statement;

/**
 * Whether statements allow a call: one allows it, and none denies it. A condition with an operator or a key that is not
 * known here is not met.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function allows(statements: readonly Statement[], request: PolicyRequest): boolean {
  const fitting = statements.filter((statement) => fits(statement, request));
  return fitting.length > 0 && fitting.every(({ Effect }) => Effect === "Allow");
}

function fits(
  { Principal, Action, Resource, NotResource, Condition }: Statement,
  { action, resource, service, context }: PolicyRequest,
): boolean {
  const named = (patterns: readonly string[], value: string) => patterns.some((one) => arnMatches(one, value));
  const principal = Principal === "*" || service === undefined || (Principal?.["Service"] ?? []).includes(service);
  const onResource = Resource ? named(Resource, resource) : !named(NotResource ?? ["*"], resource);
  const met = Object.entries(Condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => context === undefined || holds(operator, wanted, context[key])),
  );
  return principal && named(Action, action) && onResource && met;
}

function holds(operator: string, wanted: readonly string[], value: string | undefined): boolean {
  if (value === undefined) return false;
  if (["ArnEquals", "ArnLike", "StringLike"].includes(operator)) return wanted.some((one) => arnMatches(one, value));
  return ["StringEquals", "Bool"].includes(operator) && wanted.includes(value);
}
