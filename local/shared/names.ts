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

/** The last part of a function's ARN, of its invoke ARN, or the name itself. */
export function functionNameOf(reference: string): string {
  return /:function:([^:/]+)/.exec(reference)?.[1] ?? reference;
}

/** A failure that is the user's to mend: its message is printed without a stack, and the process ends with 1. */
export class LocalCloudError extends Error {
  override readonly name = "LocalCloudError";
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
