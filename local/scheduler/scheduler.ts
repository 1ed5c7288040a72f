import type { Functions } from "../lambda/pool.ts";
import type { Part } from "../shared/parts.ts";

/** A schedule with a rate; its target is a function. */
export interface Schedule {
  /** The time between two runs, in ms. */
  readonly everyMs: number;
  readonly functionName: string;
  /** What the function is invoked with. */
  readonly event: unknown;
}

/** The schedules, and the functions that they run. */
export interface SchedulerArgs {
  readonly schedules: readonly Schedule[];
  readonly functions: Functions;
  /** Divides the intervals. */
  readonly speed: number;
  /** Takes the error of a run that failed. */
  readonly log: (functionName: string, line: string) => void;
}

/** EventBridge Scheduler, for rates. A schedule runs the first time one interval from now, as on AWS. */
export async function start({ schedules, functions, speed, log }: SchedulerArgs): Promise<Part> {
  let stopped = false;
  const run = async ({ functionName, event }: Schedule): Promise<void> => {
    const result = await functions.invoke(functionName, event);
    if (!result.ok && !stopped) log(functionName, `${result.errorType}: ${result.errorMessage}`);
  };
  const timers = schedules.map((schedule) =>
    setInterval(() => void run(schedule), Math.max(1, schedule.everyMs / speed)),
  );
  return {
    stop: async () => {
      stopped = true;
      timers.forEach((timer) => clearInterval(timer));
    },
  };
}

/** The interval of `rate(n minutes)` in ms; undefined for any other expression. */
export function intervalOf(expression: string): number | undefined {
  const [, count, unit] = /^rate\((\d+) (minute|minutes)\)$/.exec(expression) ?? [];
  return count !== undefined && unit !== undefined && Number(count) > 0 ? Number(count) * 60_000 : undefined;
}
