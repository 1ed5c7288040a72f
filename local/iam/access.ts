import { account, arn } from "../shared/names.ts";
import { evaluate, type Verdict } from "./evaluate.ts";
import { statementsOf, type PolicySource, type Statement } from "./statement.ts";

/** A call of a service that acts for itself, and what it acts for. */
export interface ServiceRequest {
  /** `sns.amazonaws.com` */
  readonly service: string;
  readonly action: string;
  readonly resource: string;
  /** The ARN of what the service acts for: a topic, a route. */
  readonly sourceArn?: string;
}

/** Who may do what: the roles with their policies, and the policies of resources. */
export interface Access {
  /** Adds a role, with its trust policy. */
  putRole(name: string, trust: PolicySource): void;
  /** Writes a policy of a role, by its name; an older one of that name is replaced. */
  putRolePolicy(role: string, policy: PolicySource): void;
  /** Writes a policy of a resource, by its name; an older one of that name is replaced. */
  putResourcePolicy(resourceArn: string, policy: PolicySource): void;
  /** Says which role a function runs with. */
  assume(functionName: string, roleArn: string): void;
  /** The name of the role that a function runs with. */
  roleOf(functionName: string): string | undefined;
  /** Judges a call by a role, over TLS. A role that is not there may do nothing. */
  judge(role: string, action: string, resource: string): Verdict;
  /** Judges a call by a service, over TLS, on behalf of this account. */
  judgeService(request: ServiceRequest): Verdict;
  /** Whether a service may assume a role, on behalf of this account. */
  mayAssume(service: string, roleArn: string): boolean;
  /** All roles and policies. */
  readonly contents: AccessContents;
  /** Takes the roles and policies of another, and forgets its own. */
  adopt(other: Pick<Access, "contents">): void;
}

/** Policies by owner and by name, and the roles of functions. */
interface AccessContents {
  readonly trust: Map<string, readonly Statement[]>;
  readonly ofRoles: Map<string, Map<string, readonly Statement[]>>;
  readonly ofResources: Map<string, Map<string, readonly Statement[]>>;
  readonly roles: Map<string, string>;
}

/** The verdicts that are kept: more than the functions of a program have resources; objects and keys come and go. */
const MOST_VERDICTS = 5_000;

/** The name in a role's ARN. */
export const roleNameOf = (roleArn: string): string => roleArn.split("/").at(-1) ?? roleArn;

/** Starts without roles and policies; `changed` is told whenever a call may be judged otherwise. */
export function createAccess(changed: () => void = () => undefined): Access {
  let contents: AccessContents = { trust: new Map(), ofRoles: new Map(), ofResources: new Map(), roles: new Map() };
  const verdicts = new Map<string, Verdict>();

  const put = (all: Map<string, Map<string, readonly Statement[]>>, owner: string, policy: PolicySource): void => {
    const own = all.get(owner) ?? new Map<string, readonly Statement[]>();
    all.set(owner, own.set(policy.name, statementsOf(policy)));
    verdicts.clear();
    changed();
  };
  const policiesOf = (all: Map<string, Map<string, readonly Statement[]>>, owner: string): Statement[] =>
    [...(all.get(owner)?.values() ?? [])].flat();

  return {
    putRole: (name, policy) => void contents.trust.set(name, statementsOf(policy)),
    putRolePolicy: (role, policy) => put(contents.ofRoles, role, policy),
    putResourcePolicy: (resourceArn, policy) => put(contents.ofResources, resourceArn, policy),
    assume: (functionName, roleArn) => {
      contents.roles.set(functionName, roleNameOf(roleArn));
      changed();
    },
    roleOf: (functionName) => contents.roles.get(functionName),
    judge: (role, action, resource) => {
      const asked = `${role} ${action} ${resource}`;
      const kept = verdicts.get(asked);
      if (kept) return kept;
      const policies = {
        identity: policiesOf(contents.ofRoles, role),
        resource: policiesOf(contents.ofResources, holderOf(resource)),
      };
      const verdict = evaluate(policies, { action, resource, context: { "aws:securetransport": "true" } });
      if (verdicts.size >= MOST_VERDICTS) verdicts.clear();
      verdicts.set(asked, verdict);
      return verdict;
    },
    judgeService: ({ service, action, resource, sourceArn }) =>
      evaluate(
        { identity: [], resource: policiesOf(contents.ofResources, holderOf(resource)) },
        { service, action, resource, context: onBehalf(sourceArn) },
      ),
    mayAssume: (service, roleArn) => {
      const request = { service, action: "sts:AssumeRole", resource: roleArn, context: onBehalf() };
      return evaluate({ identity: [], resource: contents.trust.get(roleNameOf(roleArn)) ?? [] }, request).allowed;
    },
    get contents() {
      return contents;
    },
    adopt: (other) => {
      contents = other.contents;
      verdicts.clear();
      changed();
    },
  };
}

/** The context of a call by a service that acts for something of this account. */
export const onBehalf = (sourceArn?: string): Record<string, string> => ({
  "aws:securetransport": "true",
  "aws:sourceaccount": account,
  ...(sourceArn !== undefined && { "aws:sourcearn": sourceArn }),
});

/** The resource whose policy is asked: an object has its bucket's. */
const holderOf = (resource: string): string =>
  resource.startsWith("arn:aws:s3:::") ? resource.replace(/\/.*$/s, "") : resource;

/** A session of a function's role, as AWS's errors name it. */
export const sessionOf = (role: string, functionName: string): string =>
  arn("sts", "", `assumed-role/${role}/${functionName}`);
