import * as z from "zod";
import { LocalCloudError, physicalName } from "./names.ts";
import type { ProgramResource } from "../program/protocol.ts";

/** The inputs that a provisioner reads. Inputs that its schema does not name are echoed and otherwise ignored. */
export function read<T>(schema: z.ZodType<T>, resource: ProgramResource): T {
  const parsed = schema.safeParse(resource.inputs);
  if (parsed.success) return parsed.data;
  throw new LocalCloudError(`${resource.type} "${resource.name}": ${z.prettifyError(parsed.error)}`);
}

/** The error for a feature that the local cloud does not have. */
export function unsupported(resource: ProgramResource, what: string): LocalCloudError {
  return new LocalCloudError(`${resource.type} "${resource.name}": ${what}`);
}

/** The explicit name, or the prefix or the logical name with a hash. */
export function nameOf(resource: ProgramResource, property = "name"): string {
  const { [property]: name, [`${property}Prefix`]: prefix } = resource.inputs;
  if (typeof name === "string" && name !== "") return name;
  if (typeof prefix !== "string") return physicalName(resource.name, resource.urn);
  return `${prefix}${physicalName("", resource.urn).slice(1)}`;
}

/** JSON text of a policy that may be given as text or as an object. */
export const PolicyText = z.union([z.string(), z.looseObject({}).transform((value) => JSON.stringify(value))]);
