import { personKey } from "../shared/names.ts";
import type { AwsCall, AwsError } from "./protocol.ts";

/** The code with which a service refuses an access key that it does not know, where it is none of the usual ones. */
const unknownKey: Readonly<Record<string, string>> = {
  sqs: "InvalidClientTokenId",
  sns: "InvalidClientTokenId",
  s3: "InvalidAccessKeyId",
};

/** The error for a caller whose access key is missing or unknown. What a known function may do, its role says. */
export function authenticate(
  { caller, service }: Pick<AwsCall, "caller" | "service">,
  accessKeys: ReadonlySet<string>,
): AwsError | undefined {
  if (caller === undefined) {
    return { status: 403, code: "MissingAuthenticationToken", message: "the request is not signed" };
  }
  if (accessKeys.has(caller)) return undefined;
  const message = `the access key "${caller}" is unknown: use "${personKey}" (AWS_ACCESS_KEY_ID=${personKey})`;
  return { status: 403, code: unknownKey[service] ?? "UnrecognizedClientException", message };
}
