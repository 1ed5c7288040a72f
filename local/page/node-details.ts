import { offsetBefore, readLines } from "../shared/log-file.ts";
import { parseJson } from "../shared/json.ts";
import type { PageArgs } from "./args.ts";
import { consumersOf, queueView } from "./queues.ts";
import { kindOf, nodeIdOf, statementsOf } from "./topology.ts";
import type { NodeDetails } from "./views.ts";

const MOST_LINES = 200;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** A node's configuration, its policies, its logs and its metrics; undefined where there is no such node. */
export async function nodeDetails(args: PageArgs, id: string): Promise<NodeDetails | undefined> {
  const made = [...args.program.graph.values()];
  const one = made.find((resource) => nodeIdOf(resource) === id || resource.urn === id);
  if (one === undefined) return outside(args, id);
  const name = id.split(":").at(-1) ?? "";
  const { environment, ...inputs } = one.inputs;
  const config = Object.fromEntries(
    Object.entries(inputs)
      .filter(([key]) => key !== "code")
      .map(([key, value]) => [key, typeof value === "string" ? (parseJson(value) ?? value) : value]),
  );
  if (kindOf(one) !== "function") return { id, config: { type: one.type, ...(await computed(args, name)), ...config } };
  return {
    id,
    config: { type: one.type, ...config },
    environment: variablesOf(environment),
    policies: statementsOf(one, made),
    logs: await newestLines(args, name),
    metrics: metricsOf(args, name),
  };
}

/** What is played of the world outside has what it keeps for its configuration. */
const outside = ({ hosts }: PageArgs, id: string): NodeDetails | undefined => {
  const kept = hosts.list()[id];
  return kept && { id, config: { kept } };
};

/** A queue's limits as they are computed, and its depths. */
async function computed(args: PageArgs, name: string): Promise<Record<string, unknown>> {
  const consumer = consumersOf(args, await args.messaging).find(({ queue }) => queue.name === name);
  return consumer ? { now: queueView(args, consumer) } : {};
}

const variablesOf = (environment: unknown): Record<string, string> => {
  const variables: unknown = Reflect.get(Object(environment) as object, "variables");
  return Object.fromEntries(Object.entries(Object(variables) as object).map(([key, value]) => [key, String(value)]));
};

async function newestLines({ logs }: PageArgs, functionName: string): Promise<string[]> {
  const file = logs.fileOf(functionName);
  const lines: string[] = [];
  for (let from: number | undefined = await offsetBefore(file, Date.now() - HOUR_MS); from !== undefined;) {
    const { lines: read, rest } = await readLines(file, from);
    lines.push(...read.map(({ text }) => text));
    lines.splice(0, lines.length - MOST_LINES);
    from = rest;
  }
  return lines;
}

/** Runs in the last hour, a slot a minute. */
function metricsOf({ history }: PageArgs, functionName: string): NonNullable<NodeDetails["metrics"]> {
  const end = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;
  const slots = Array.from({ length: 60 }, (): number[] => []);
  const failed = slots.map(() => 0);
  for (const run of history.recent(functionName)) {
    const slot = 59 - Math.floor((end - run.at) / MINUTE_MS);
    slots[slot]?.push(run.durationMs);
    if (run.failed && failed[slot] !== undefined) failed[slot] += 1;
  }
  return [
    slots.map((_, index) => (end - (59 - index) * MINUTE_MS) / 1_000),
    slots.map(({ length }) => length),
    failed,
    slots.map((durations) => durations.sort((a, b) => a - b)[Math.floor(durations.length / 2)] ?? null),
  ];
}
