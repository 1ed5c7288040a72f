import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Scheduled } from "../runtime/index.ts";
import { HandlerFunction, type HandlerFunctionArgs } from "./handler-function.ts";
import { assumedBy, policy } from "./permissions.ts";

type ScheduledFunctionArgs = Pick<
  HandlerFunctionArgs,
  "resources" | "topic" | "timeoutSeconds" | "memoryMb" | "logRetentionDays" | "vpc" | "handlerName" | "environment"
> & {
  handler: Scheduled;
  /** The time between two runs. */
  everyMinutes: number;
};

/** A function that runs on a schedule, which has a role of its own. */
export function scheduledFunction(
  name: string,
  { everyMinutes, ...args }: ScheduledFunctionArgs,
  parent: pulumi.Resource,
): HandlerFunction {
  const scheduled = new HandlerFunction(name, { wrapper: "runScheduled", ...args }, { parent });
  const { function: lambda, alias } = scheduled;
  // The next run is its retry: Lambda's own two would add load to a service that is down.
  new aws.lambda.FunctionEventInvokeConfig(
    `${name}-no-retries`,
    { functionName: lambda.name, qualifier: alias.name, maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
    { parent },
  );
  const role = new aws.iam.Role(
    `${name}-scheduler`,
    { assumeRolePolicy: assumedBy("scheduler.amazonaws.com", lambda.arn) },
    { parent },
  );
  const mayInvoke = new aws.iam.RolePolicy(
    `${name}-scheduler-policy`,
    { role: role.id, policy: policy([{ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: alias.arn }]) },
    { parent },
  );
  new aws.scheduler.Schedule(
    `${name}-schedule`,
    {
      scheduleExpression: everyMinutes === 1 ? "rate(1 minute)" : `rate(${everyMinutes} minutes)`,
      flexibleTimeWindow: { mode: "OFF" },
      target: { arn: alias.arn, roleArn: role.arn, retryPolicy: { maximumRetryAttempts: 0 } },
    },
    { parent, dependsOn: [mayInvoke] },
  );
  return scheduled;
}
