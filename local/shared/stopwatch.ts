import type { Console } from "./console.ts";
import type { Phase } from "./timing-table.ts";

/** Where the time of a start goes. */
export interface Stopwatch {
  /** Every phase that has ended well, by its beginning. */
  readonly phases: () => Phase[];
  /** Says how long a phase took, when it has ended well. */
  readonly timed: <T>(phase: string, work: Promise<T>) => Promise<T>;
  /** Begins a row of phases: each call ends one that began when the one before ended. They are not said. */
  readonly laps: (fromMs?: number) => (phase: string) => void;
}

/** A stopwatch that has run since the process began. */
export function createStopwatch(say: Console): Stopwatch {
  const phases: Phase[] = [];
  return {
    phases: () => phases.toSorted((a, b) => a.fromMs - b.fromMs || b.toMs - a.toMs),
    timed: (name, work) => {
      const fromMs = performance.now();
      work.then(
        () => {
          const toMs = performance.now();
          phases.push({ name, fromMs, toMs });
          say.phase(name, toMs - fromMs);
        },
        () => {},
      );
      return work;
    },
    laps: (fromMs = performance.now()) => {
      let last = fromMs;
      return (name) => {
        const toMs = performance.now();
        phases.push({ name, fromMs: last, toMs });
        last = toMs;
      };
    },
  };
}
