import { createHash } from "node:crypto";

/** The account that every ARN of the local cloud names. */
export const account = "000000000000";

/** The access key of people and commands; a function's is its own name. */
export const personKey = "local";

/** Seven hex digits of a hash: short enough for any name, and the same at every start. */
export function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 7);
}

/** The name that Pulumi would have made up at random: deterministic here, so that state survives restarts. */
export function physicalName(logicalName: string, urn: string): string {
  return `${logicalName}-${shortHash(urn)}`;
}

/** `arn:aws:<service>:<region>:<account>:<resource>`. */
export function arn(service: string, region: string, resource: string): string {
  return `arn:aws:${service}:${region}:${account}:${resource}`;
}

/**
 * The function that an ARN, an invoke ARN or a name refers to, and its version or alias if that is named too:
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestParameters.
 */
export function referenceOf(reference: string): { name: string; qualifier?: string } {
  const [, name, qualifier] = /(?:^|:function:)([^:/]+)(?::([^:/]+))?(?:\/invocations)?$/.exec(reference) ?? [];
  return { name: name ?? reference, ...(qualifier !== undefined && { qualifier }) };
}

/** Whether an ARN is one that a pattern with `*` and `?` names. */
export function arnMatches(pattern: string, arn: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`).test(arn);
}

/** A failure that is the user's to mend: its message is printed without a stack, and the process ends with 1. */
export class LocalCloudError extends Error {
  override readonly name = "LocalCloudError";
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
