import type { AnsweredCall } from "../endpoint/call-log.ts";
import { hasFailed, type EndedInvocation } from "./records.ts";

/** How often something happened since the start. */
export interface Count {
  readonly count: number;
  /** Refused calls; failed invocations, or messages that went back to their queue. */
  readonly failed: number;
}

/** Counts since the start, for the topology. */
export interface Counters {
  count(batch: { calls: readonly AnsweredCall[]; invocations: readonly EndedInvocation[] }): void;
  /** By function. */
  readonly invocations: ReadonlyMap<string, Count>;
  /** By function and what it called: `<function> <ARN, host, "mail" or "sms">`. */
  readonly calls: ReadonlyMap<string, Count>;
}

/** Starts at nought. */
export function createCounters(): Counters {
  const invocations = new Map<string, Count>();
  const calls = new Map<string, Count>();
  const add = (counts: Map<string, Count>, key: string, failed: boolean): void => {
    const { count, failed: before } = counts.get(key) ?? { count: 0, failed: 0 };
    counts.set(key, { count: count + 1, failed: before + (failed ? 1 : 0) });
  };
  return {
    invocations,
    calls,
    count: (batch) => {
      for (const { function: name, operation, asked, verdict, status = 200 } of batch.calls) {
        const failed = verdict === "denied" || status >= 400;
        const targets = new Set(asked.map(({ resource }) => targetOf(resource)));
        if (operation.startsWith("https:")) targets.add(hostOf(operation));
        for (const target of targets) add(calls, `${name} ${target}`, failed);
      }
      for (const invocation of batch.invocations) add(invocations, invocation.function, hasFailed(invocation));
    },
  };
}

/** A table without its index, a bucket without the object; e-mail and SMS have no one resource. */
const targetOf = (resource: string): string => {
  if (resource.startsWith("arn:aws:ses:")) return "mail";
  if (!resource.startsWith("arn:")) return "sms";
  return resource.startsWith("arn:aws:s3:") ? resource.replace(/\/.*$/, "") : resource.replace(/\/index\/.*$/, "");
};

/** `carrier.test` of `https:POST carrier.test/v1/shipments`. */
const hostOf = (operation: string): string => /^https:\w+ ([^/]+)/.exec(operation)?.[1] ?? operation;
