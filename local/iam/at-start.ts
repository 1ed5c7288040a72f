import { LocalCloudError } from "../shared/names.ts";
import { roleNameOf, type Access } from "./access.ts";

/** What Lambda does with a queue on behalf of a function's role: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html. */
const POLLING = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"];

/**
 * Refuses an event source mapping as AWS does where the function's role may not poll the queue.
 * @throws LocalCloudError with AWS's words and the statement to add.
 */
export function requirePolling(access: Access, { queueArn, role }: { queueArn: string; role: string }): void {
  const name = roleNameOf(role);
  const missing = POLLING.find((action) => !access.judge(name, `sqs:${action}`, queueArn).allowed);
  if (missing === undefined) return;
  const statement = JSON.stringify({ Effect: "Allow", Action: `sqs:${missing}`, Resource: queueArn });
  throw new LocalCloudError(
    `event source mapping of ${queueArn}: The function execution role does not have permissions to call ${missing} on SQS. ` +
      `Add to the policy of the role ${name}: ${statement}`,
  );
}

/**
 * Refuses a role that a service may not assume, with the service's own words.
 * @throws LocalCloudError with the trust policy's statement to add.
 */
export function requireTrust(access: Access, what: string, service: string, role: string, words: string): void {
  if (access.mayAssume(service, role)) return;
  const statement = JSON.stringify({ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" });
  throw new LocalCloudError(`${what}: ${words} Add to the trust policy of the role ${roleNameOf(role)}: ${statement}`);
}
