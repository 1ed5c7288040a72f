import { personKey } from "../shared/names.ts";
import type { AwsError, Service } from "./protocol.ts";

/** The code with which each service refuses an access key that it does not know. */
const unknownKey: Record<Service, string> = {
  dynamodb: "UnrecognizedClientException",
  sqs: "InvalidClientTokenId",
  sns: "InvalidClientTokenId",
  ses: "UnrecognizedClientException",
  s3: "InvalidAccessKeyId",
  logs: "UnrecognizedClientException",
};

/** The error for a caller whose access key is missing or unknown. A known caller may do anything. */
export function authenticate(
  caller: string | undefined,
  service: Service,
  accessKeys: ReadonlySet<string>,
): AwsError | undefined {
  if (caller === undefined) {
    return { status: 403, code: "MissingAuthenticationToken", message: "the request is not signed" };
  }
  if (accessKeys.has(caller)) return undefined;
  const message = `the access key "${caller}" is unknown: use "${personKey}" (AWS_ACCESS_KEY_ID=${personKey})`;
  return { status: 403, code: unknownKey[service], message };
}
