import type { History } from "../history/history.ts";
import { invokeTimed } from "../history/timed.ts";
import { roleNameOf, type Access } from "../iam/access.ts";
import type { Functions } from "../lambda/functions.ts";
import type { Part } from "../shared/parts.ts";

/** A schedule with a rate; its target is a function. */
export interface Schedule {
  readonly name: string;
  /** The time between two runs, in ms. */
  readonly everyMs: number;
  /** With a version or an alias perhaps. */
  readonly functionArn: string;
  /** The role by which the function is invoked. */
  readonly roleArn: string;
  /** What the function is invoked with. */
  readonly event: unknown;
}

/** What schedules run, and with whose rights. */
export interface SchedulerArgs {
  readonly functions: Functions;
  readonly access: Access;
  /** Takes each run. */
  readonly history: Pick<History, "invoked">;
  /** Tells the person of a schedule that runs nothing. */
  readonly note: (text: string) => void;
  /** Divides the intervals, which are a second at least. */
  readonly speed: number;
}

/** However high the speed: a function that runs all the time would keep the machine from its work. */
const LEAST_MS = 1_000;

/** The schedules that run. */
export interface Scheduler extends Part {
  /** Starts the schedules that are new or changed, and ends those that are gone. */
  update(schedules: readonly Schedule[]): void;
}

/**
 * EventBridge Scheduler, for rates; starts with no schedule. A schedule runs the first time one interval from now, as on
 * AWS; one whose role may not invoke its target runs nothing, and says so once.
 */
export function createScheduler({ functions, access, history, note, speed }: SchedulerArgs): Scheduler {
  const told = new Set<Schedule>();
  const timers = new Map<string, NodeJS.Timeout>();
  const invoke = async ({ name, functionArn, event }: Schedule): Promise<void> => {
    const { ended } = await invokeTimed(functions, functionArn, event);
    history.invoked({ ...ended, cause: { kind: "schedule", name } });
  };
  const run = (schedule: Schedule): void => {
    const { name, functionArn, roleArn } = schedule;
    const role = roleNameOf(roleArn);
    if (access.judge(role, "lambda:InvokeFunction", functionArn).allowed) {
      void invoke(schedule);
      return;
    }
    if (told.has(schedule)) return;
    told.add(schedule);
    const statement = { Effect: "Allow", Action: "lambda:InvokeFunction", Resource: functionArn };
    note(`schedule ${name} runs nothing. Add to the policy of the role ${role}: ${JSON.stringify(statement)}`);
  };
  const update = (schedules: readonly Schedule[]): void => {
    const wanted = new Map(schedules.map((schedule) => [JSON.stringify(schedule), schedule]));
    for (const [key, timer] of timers) {
      if (wanted.has(key)) continue;
      clearInterval(timer);
      timers.delete(key);
    }
    for (const [key, schedule] of wanted) {
      if (timers.has(key)) continue;
      const everyMs = Math.max(LEAST_MS, schedule.everyMs / speed);
      timers.set(
        key,
        setInterval(() => run(schedule), everyMs),
      );
    }
  };
  return { update, stop: async () => update([]) };
}

/** The interval of `rate(n minutes)` in ms; undefined for any other expression. */
export function intervalOf(expression: string): number | undefined {
  const [, count, unit] = /^rate\((\d+) (minute|minutes)\)$/.exec(expression) ?? [];
  return count !== undefined && unit !== undefined && Number(count) > 0 ? Number(count) * 60_000 : undefined;
}
