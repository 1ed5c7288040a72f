import * as z from "zod";
import { nameOf, PolicyText, read, unsupported } from "../shared/inputs.ts";
import { requireTrust } from "../iam/at-start.ts";
import { arn } from "../shared/names.ts";
import type { Provision } from "../shared/services.ts";
import { intervalOf } from "./scheduler.ts";

const Schedule = z.object({
  scheduleExpression: z.string(),
  state: z.string().default("ENABLED"),
  target: z.object({ arn: z.string(), roleArn: z.string(), input: PolicyText.optional() }),
});

/** A schedule that runs a function. */
export const schedule: Provision = (resource, { schedules, access, settings }) => {
  const inputs = read(Schedule, resource);
  const everyMs = intervalOf(inputs.scheduleExpression);
  if (everyMs === undefined) {
    throw unsupported(resource, `the expression ${inputs.scheduleExpression} is not emulated, only rate(n minutes)`);
  }
  const { arn: functionArn, roleArn } = inputs.target;
  requireTrust(
    access,
    `${resource.type} "${resource.name}"`,
    "scheduler.amazonaws.com",
    roleArn,
    "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
  );
  const name = nameOf(resource);
  const event: unknown = JSON.parse(inputs.target.input ?? "{}");
  if (inputs.state === "ENABLED") schedules.push({ name, everyMs, functionArn, roleArn, event });
  return {
    id: `default/${name}`,
    outputs: { name, groupName: "default", arn: arn("scheduler", settings.region, `schedule/default/${name}`) },
  };
};
