import { join } from "node:path";
import type { MappingConfig } from "../lambda/event-source-mapping.ts";
import { adoptApi } from "../http-api/provision.ts";
import type { FunctionConfig } from "../lambda/execution-environment.ts";
import { forkProgram } from "../program/fork.ts";
import { start as startProgram } from "../program/parent.ts";
import type { StackConfig } from "../program/stack-config.ts";
import type { Schedule } from "../scheduler/scheduler.ts";
import { difference, provisionInto, type Difference, type Graph } from "./graph.ts";
import { createPlan, type Plan, type PlanArgs } from "./plan.ts";

/** What evaluates and changes the program that runs. */
export interface ProgramReloadArgs extends PlanArgs {
  readonly compileCache: string;
  /** Whether a queue that has left the program may go with its messages. */
  readonly drop: boolean;
  readonly mappings: { update(mappings: readonly MappingConfig[]): Promise<void> };
  readonly scheduler: { update(schedules: readonly Schedule[]): void };
  /** Takes the exports of the program that runs. */
  readonly publish: (exports: Record<string, unknown>) => Promise<unknown>;
  readonly note: (text: string) => void;
  /** Ends an evaluation under way. */
  readonly signal: AbortSignal;
}

/** A program that was evaluated, and its exports. */
interface Evaluated {
  readonly plan: Plan;
  readonly exports: Record<string, unknown>;
}

/**
 * Evaluates the program again, in a process of its own; nothing is made yet.
 * @throws LocalCloudError with what is wrong with the program, and where.
 */
export async function evaluate(args: ProgramReloadArgs, { project, config }: StackConfig): Promise<Evaluated> {
  const plan = createPlan(args);
  const { root, stack } = args.services.settings;
  const program = await startProgram({
    child: forkProgram(args.compileCache),
    program: { entry: join(root, "index.ts"), project, stack, config },
    provision: (resource) => provisionInto(plan.graph, resource, plan.services),
    print: args.note,
    lap: () => undefined,
  });
  const end = () => void program.stop();
  args.signal.addEventListener("abort", end);
  try {
    return { plan, exports: await program.exports };
  } finally {
    args.signal.removeEventListener("abort", end);
    await program.stop();
  }
}

/**
 * Makes what was planned, and takes away what is gone. Queues and tables that stay keep their contents; events under way
 * end in the functions that they began in.
 * @throws LocalCloudError, and nothing has changed, where a queue would go with its messages.
 */
export async function apply(
  args: ProgramReloadArgs,
  { plan, exports }: Evaluated,
  running: Graph,
): Promise<Difference> {
  const { services, functions, messaging, mappings, scheduler, drop } = args;
  plan.check();
  if (!drop) messaging.requireEmptyOrphans(plan.kept);

  // What nobody sees yet: tables, and the functions' new versions, loaded.
  for (const act of plan.beforehand) await act();
  const replaced = new Map<string, FunctionConfig>();
  for (const config of byReserved([...plan.configs.values()], (name) => functions.find(name))) {
    const before = functions.find(config.name);
    if (before && JSON.stringify(before) === JSON.stringify(config)) continue;
    if (before && before.version !== config.version) replaced.set(config.name, before);
    functions.put(config);
    await functions.warm(`${config.name}:${config.version}`);
  }

  // All that is seen, in one turn: no request and no message comes in between. It begins with all that can be refused.
  messaging.removeOrphans(drop, plan.kept);
  for (const act of plan.messaging) act();
  services.access.adopt(plan.services.access);
  fill(services.accessKeys, plan.services.accessKeys);
  services.logGroups.clear();
  for (const [name, group] of plan.services.logGroups) services.logGroups.set(name, group);
  for (const [name, alias, version] of plan.aliases) functions.putAlias(name, alias, version);
  adoptApi(services.api, plan.services.api);
  const listening = mappings.update(plan.services.mappings);
  scheduler.update(plan.services.schedules);
  for (const name of functions.names()) if (!plan.configs.has(name)) functions.remove(name);
  for (const [name, { version }] of replaced) functions.remove(name, version);
  const found = difference(running, plan.graph);
  running.clear();
  for (const [urn, made] of plan.graph) running.set(urn, made);

  await listening;
  await args.publish(exports);
  return found;
}

/** Those first that reserve less than before: so there is never too much reserved in between. */
function byReserved(
  configs: readonly FunctionConfig[],
  find: (name: string) => FunctionConfig | undefined,
): FunctionConfig[] {
  const more = (config: FunctionConfig) => (config.concurrency ?? 0) - (find(config.name)?.concurrency ?? 0);
  return [...configs].sort((one, other) => more(one) - more(other));
}

function fill<T>(into: Set<T>, from: ReadonlySet<T>): void {
  into.clear();
  for (const one of from) into.add(one);
}
