import * as z from "zod";
import { nameOf, read } from "../shared/inputs.ts";
import { arn } from "../shared/names.ts";
import type { Provision } from "../shared/services.ts";

const Parameter = z.object({ type: z.string(), value: z.string().optional(), valueWo: z.string().optional() });

/** A parameter. One that is there from an earlier run keeps its value, as with Pulumi's `ignoreChanges`. */
export const parameter: Provision = (resource, { parameters, settings }) => {
  const { type, value, valueWo } = read(Parameter, resource);
  const name = nameOf(resource);
  if (parameters.get(name) === undefined) parameters.put(name, { type, value: valueWo ?? value ?? "" });
  const parameterArn = arn("ssm", settings.region, `parameter/${name.replace(/^\//, "")}`);
  return { id: name, outputs: { name, arn: parameterArn } };
};
