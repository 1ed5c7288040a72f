import type { Console } from "./console.ts";

/** A phase of the start, in milliseconds since the process began. Phases run side by side. */
export interface Phase {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
}

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

/** Columns of the bars. */
const WIDTH = 40;

/** The phases as lines: when each began, how long it took, and a bar of when that was. */
export function timingTable(phases: readonly Phase[]): string[] {
  const end = Math.max(...phases.map(({ toMs }) => toMs));
  const name = Math.max(...phases.map(({ name }) => name.length));
  const column = (ms: number) => Math.round((ms / end) * WIDTH);
  const rows = phases.map((phase) => {
    const { fromMs, toMs } = phase;
    const [from, took] = [fromMs, toMs - fromMs].map((ms) => ms.toFixed(0).padStart(7));
    const bar = "█".repeat(Math.max(1, column(toMs) - column(fromMs)));
    return `${phase.name.padEnd(name)} ${from} ${took}  ${" ".repeat(Math.min(WIDTH - 1, column(fromMs)))}${bar}`;
  });
  return [`${"".padEnd(name)} from ms took ms  since the process began, without npm's own start`, ...rows];
}
