import { randomUUID } from "node:crypto";
import type { Functions } from "../lambda/functions.ts";
import type { EndedInvocation } from "./records.ts";

/** Invokes a function, and gives its answer with what the history takes of it, but for the cause. */
export async function invokeTimed(functions: Functions, reference: string, event: unknown) {
  const requestId = randomUUID();
  const [at, began] = [Date.now(), performance.now()];
  const invocation = await functions.invoke(reference, event, requestId);
  const ended: Omit<EndedInvocation, "cause"> = {
    at,
    durationMs: performance.now() - began,
    requestId,
    function: functions.find(reference)?.name ?? reference,
    ...(!invocation.ok && { error: `${invocation.errorType}: ${invocation.errorMessage}` }),
  };
  return { invocation, ended };
}
