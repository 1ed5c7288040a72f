import type { Functions } from "../lambda/functions.ts";
import type { Part } from "../shared/parts.ts";

/** A schedule with a rate; its target is a function. */
export interface Schedule {
  /** The time between two runs, in ms. */
  readonly everyMs: number;
  /** With a version or an alias perhaps. */
  readonly functionArn: string;
  /** What the function is invoked with. */
  readonly event: unknown;
}

/** The schedules, and the functions that they run. */
export interface SchedulerArgs {
  readonly schedules: readonly Schedule[];
  readonly functions: Functions;
  /** Divides the intervals, which are a second at least. */
  readonly speed: number;
}

/** However high the speed: a function that runs all the time would keep the machine from its work. */
const LEAST_MS = 1_000;

/** EventBridge Scheduler, for rates. A schedule runs the first time one interval from now, as on AWS. */
export async function start({ schedules, functions, speed }: SchedulerArgs): Promise<Part> {
  const timers = schedules.map(({ functionArn, event, everyMs }) =>
    setInterval(() => void functions.invoke(functionArn, event), Math.max(LEAST_MS, everyMs / speed)),
  );
  return {
    stop: async () => {
      timers.forEach((timer) => clearInterval(timer));
    },
  };
}

/** The interval of `rate(n minutes)` in ms; undefined for any other expression. */
export function intervalOf(expression: string): number | undefined {
  const [, count, unit] = /^rate\((\d+) (minute|minutes)\)$/.exec(expression) ?? [];
  return count !== undefined && unit !== undefined && Number(count) > 0 ? Number(count) * 60_000 : undefined;
}
