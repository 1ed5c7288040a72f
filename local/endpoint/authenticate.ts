import { personKey } from "../shared/names.ts";
import type { AwsError, Service } from "./protocol.ts";

/** What the program's policies say, kept for `authorize`: role and resource policies as they were declared. */
export interface Policies {
  /** Policy documents (JSON) by the physical name of the role. */
  readonly roles: Map<string, string[]>;
  /** Policy document (JSON) by the ARN of the queue, topic or bucket. */
  readonly resources: Map<string, string>;
  /** The role's physical name by function name. */
  readonly roleOf: Map<string, string>;
}

/** No policy yet. */
export function createPolicies(): Policies {
  return { roles: new Map(), resources: new Map(), roleOf: new Map() };
}

/** By what code each service refuses an access key that it does not know. */
const unknownKey: Record<Service, string> = {
  dynamodb: "UnrecognizedClientException",
  sqs: "InvalidClientTokenId",
  sns: "InvalidClientTokenId",
  ses: "UnrecognizedClientException",
  s3: "InvalidAccessKeyId",
};

/** Who may call, for now: a person, and every function of the program. */
export function authenticate(
  caller: string | undefined,
  service: Service,
  isFunction: (name: string) => boolean,
): AwsError | undefined {
  if (caller === undefined) {
    return { status: 403, code: "MissingAuthenticationToken", message: "the request is not signed" };
  }
  if (caller === personKey || isFunction(caller)) return undefined;
  const message = `the access key "${caller}" is unknown: use "${personKey}" (AWS_ACCESS_KEY_ID=${personKey})`;
  return { status: 403, code: unknownKey[service], message };
}

/** Whether a function may do this to that. The place for permission checks: today each known caller is admitted. */
export const authorize: (functionName: string, action: string, resource: string) => AwsError | undefined = () =>
  undefined;
