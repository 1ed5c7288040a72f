import * as z from "zod";
import { parseJson } from "../shared/json.ts";
import { LocalCloudError } from "../shared/names.ts";
import { actionPattern, arnCondition, resourcePattern, type Matches } from "./pattern.ts";

/** The values of a request's condition keys, by the keys' names in small letters. */
export type RequestContext = Readonly<Record<string, string>>;

/** A statement, compiled. */
export interface Statement {
  readonly effect: "Allow" | "Deny";
  /** Its policy's name, and its Sid or its place there from 1: what a record or an error names it by. */
  readonly name: string;
  /** Whether it speaks of a service, or of a role without one; undefined in a policy of a role, which is its own. */
  readonly admits: ((service: string | undefined) => boolean) | undefined;
  readonly actions: Matches;
  readonly resources: Matches;
  readonly conditions: (context: RequestContext) => boolean;
}

/** Whose policy it is: a role's own; a resource's; or a role's trust policy, whose resource is the role itself. */
export type PolicyKind = "identity" | "resource" | "trust";

/** A policy in JSON, and what an error calls the resource that has it. */
export interface PolicySource {
  readonly kind: PolicyKind;
  readonly text: string;
  /** `aws:iam/rolePolicy:RolePolicy "inventory-policy"` */
  readonly resource: string;
  /** The name by which its statements are told apart: `inventory-policy`. */
  readonly name: string;
}

const elements = ["Sid", "Effect", "Principal", "Action", "Resource", "NotResource", "Condition"];
const keys = ["aws:SecureTransport", "aws:SourceAccount", "aws:SourceArn"];
const known = new Set(keys.map((key) => key.toLowerCase()));

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
const operators: Readonly<Record<string, (wanted: string) => Matches>> = {
  ArnEquals: arnCondition,
  ArnLike: arnCondition,
  Bool: (wanted) => (value) => value.toLowerCase() === wanted.toLowerCase(),
  StringEquals: (wanted) => (value) => value === wanted,
};

const Texts = z.union([z.string().transform((one) => [one]), z.array(z.string()).min(1)]);
const Values = z.union([z.union([z.string(), z.boolean()]).transform((one) => [String(one)]), z.array(z.string())]);
const Fields = z.looseObject({
  Sid: z.string().optional(),
  Effect: z.enum(["Allow", "Deny"]),
  Principal: z.union([z.literal("*"), z.record(z.string(), Texts)]).optional(),
  Action: Texts,
  Resource: Texts.optional(),
  NotResource: Texts.optional(),
  Condition: z.record(z.string(), z.record(z.string(), Values)).default({}),
});
type Fields = z.output<typeof Fields>;
const Document = z.strictObject({
  Version: z.enum(["2012-10-17", "2008-10-17"]).optional(),
  Id: z.string().optional(),
  Statement: z.union([z.array(z.looseObject({})), z.looseObject({}).transform((one) => [one])]),
});

const any = (all: readonly Matches[]): Matches => {
  const [only] = all;
  return only && all.length === 1 ? only : (value) => all.some((matches) => matches(value));
};

/**
 * The statements of a policy. What is not implemented here is an error, never a pass and never a refusal: a policy that
 * works here means the same on AWS.
 * @throws LocalCloudError naming the resource, the statement, and what is wrong or not implemented.
 */
export function statementsOf(source: PolicySource): Statement[] {
  const document = Document.safeParse(parseJson(source.text));
  if (!document.success) throw mistake(source, "the policy", z.prettifyError(document.error));
  return document.data.Statement.map((given, index) => {
    const sid = "Sid" in given ? String(given["Sid"]) : undefined;
    const where = `statement ${index + 1}${sid === undefined ? "" : ` (${sid})`}`;
    const foreign = Object.keys(given).filter((element) => !elements.includes(element));
    if (foreign.length > 0) throw missing(source, where, foreign.join(", "));
    const fields = Fields.safeParse(given);
    if (!fields.success) throw mistake(source, where, z.prettifyError(fields.error));
    check(source, where, fields.data);
    return compile(`${source.name} ${sid ?? index + 1}`, fields.data);
  });
}

function compile(name: string, fields: Fields): Statement {
  const { Effect, Principal, Action, Resource, NotResource, Condition } = fields;
  const named = any((Resource ?? NotResource ?? ["*"]).map(resourcePattern));
  const services = typeof Principal === "object" ? (Principal["Service"] ?? []) : [];
  const conditions = Object.entries(Condition).flatMap(([operator, wanted]) =>
    Object.entries(wanted).map(([key, values]) => {
      const matches = any(values.flatMap((value) => operators[operator]?.(value) ?? []));
      const asked = key.toLowerCase();
      return (context: RequestContext) => context[asked] !== undefined && matches(context[asked]);
    }),
  );
  return {
    effect: Effect,
    name,
    admits: Principal && ((service) => Principal === "*" || (service !== undefined && services.includes(service))),
    actions: any(Action.map(actionPattern)),
    resources: NotResource ? (resource) => !named(resource) : named,
    conditions: (context) => conditions.every((holds) => holds(context)),
  };
}

/** Refuses what is not implemented, and what AWS refuses in a policy of its kind. */
function check(source: PolicySource, where: string, fields: Fields): void {
  const { Principal, Action, Resource, NotResource, Condition } = fields;
  const { kind } = source;
  if ((Principal === undefined) !== (kind === "identity"))
    throw mistake(source, where, kind === "identity" ? "a role's policy has no Principal" : "it has no Principal");
  const principals = typeof Principal === "object" ? Object.keys(Principal) : [];
  const others = principals.filter((type) => type !== "Service");
  if (others.length > 0) throw missing(source, where, `a Principal of the type ${others.join(", ")}`);
  const named = [Resource, NotResource].filter((one) => one !== undefined).length;
  if (named !== (kind === "trust" ? 0 : 1))
    throw mistake(source, where, kind === "trust" ? "it names a Resource" : "it needs a Resource or a NotResource");
  for (const action of Action)
    if (!/^(\*|[a-z0-9-]+:[\w*?]+)$/i.test(action)) throw mistake(source, where, `"${action}" is not an action`);
  for (const resource of [...(Resource ?? []), ...(NotResource ?? [])])
    if (resource !== "*" && !/^arn:[^:*?]+:[^:*?]+:[^:]*:[^:]*:.+$/s.test(resource))
      throw mistake(source, where, `"${resource}" is not an ARN with a partition and a service`);
  for (const [operator, wanted] of Object.entries(Condition)) {
    if (!Object.hasOwn(operators, operator))
      throw missing(source, where, `the operator ${operator} (only ${Object.keys(operators).join(", ")})`);
    const key = Object.keys(wanted).find((one) => !known.has(one.toLowerCase()));
    if (key !== undefined) throw missing(source, where, `the condition key ${key} (only ${keys.join(", ")})`);
  }
  const variable = /\$\{[^}]*\}/.exec(JSON.stringify([Resource, NotResource, Condition]))?.[0];
  if (variable !== undefined) throw missing(source, where, `the policy variable ${variable}`);
}

const mistake = ({ resource }: PolicySource, where: string, what: string): LocalCloudError =>
  new LocalCloudError(`${resource}: ${where}: ${what}.`);

const missing = (source: PolicySource, where: string, what: string): LocalCloudError =>
  mistake(
    source,
    where,
    `${what} is not implemented by the local cloud, which would have to guess. Write it otherwise, or implement it in local/iam/statement.ts`,
  );
