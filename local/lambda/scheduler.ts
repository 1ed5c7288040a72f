/** A schedule with a rate; its target is a function. */
export interface Schedule {
  readonly name: string;
  readonly everyMs: number;
  readonly run: () => void;
}

/** EventBridge Scheduler, for rates. */
export interface Scheduler {
  put(schedule: Schedule): void;
  /** Begins to run what was put: the first time one interval from now, as on AWS. */
  start(): void;
  readonly stop: () => void;
}

/** `speed` shortens the intervals. */
export function createScheduler(speed: number): Scheduler {
  const schedules: Schedule[] = [];
  const timers: NodeJS.Timeout[] = [];
  return {
    put: (schedule) => void schedules.push(schedule),
    start: () => {
      for (const { everyMs, run } of schedules) timers.push(setInterval(run, Math.max(1, everyMs / speed)));
    },
    stop: () => timers.forEach((timer) => clearInterval(timer)),
  };
}

/** The interval of `rate(n minutes)` in ms; undefined for any other expression. */
export function intervalOf(expression: string): number | undefined {
  const [, count, unit] = /^rate\((\d+) (minute|minutes)\)$/.exec(expression) ?? [];
  return count !== undefined && unit !== undefined && Number(count) > 0 ? Number(count) * 60_000 : undefined;
}
