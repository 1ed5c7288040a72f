import type { VariableName } from "../../contracts/environment.ts";
import type { Reporting } from "../define/scheduled.ts";
import type { Calls } from "../ports/calls.ts";
import { environmentOf, openContext, type Contextual, type Variables } from "./context.ts";
import { deadline, type Clock } from "./deadline.ts";
import { jsonLog } from "./log.ts";
import { writeMetric } from "./metric.ts";

/** A definition of `scheduled()`, as the function runs it. */
export interface Runnable extends Contextual {
  readonly variables?: readonly VariableName[];
  readonly handle: (context: never) => Promise<unknown>;
}

/** Makes the Lambda handler of a scheduled function. Lambda retries it when it throws. */
export function runScheduled(definition: Runnable, variables: Variables = process.env, calls?: Calls) {
  const env = environmentOf(definition, variables, definition.variables);
  const log = jsonLog({ function: env.NAME });
  const opened = openContext(definition, env, calls);
  // A rejection here is not lost: each invocation awaits the same promise.
  opened.catch(() => undefined);

  return async (_event: unknown, context: Clock & { readonly awsRequestId: string }): Promise<void> => {
    const id = context.awsRequestId;
    const scope = { id, correlationId: id, signal: deadline(context).signal, log: log.with({ correlationId: id }) };
    try {
      const { open } = await opened;
      const reporting: Reporting = {
        env,
        metric: (name, value) => writeMetric(name, value, { source: env.EVENT_SOURCE }),
      };
      await definition.handle({ ...open(scope), ...reporting } as never);
    } catch (error) {
      scope.log.error("the run failed", error);
      throw error;
    }
  };
}
