import type { RunView } from "./views.ts";

/** A pause in which nothing ran is drawn no longer than this, in ms: a retry waits for minutes. */
const LONGEST_PAUSE_MS = 400;
/** What is still under way is drawn as if it had lasted so long, in ms. */
const UNKNOWN_MS = 50;

type Undrawn = Omit<RunView, "from" | "to" | "pausedMs" | "calls"> & {
  readonly calls: readonly Omit<RunView["calls"][number], "from" | "to">[];
};

/** Places runs, in the order of their beginnings, and their calls on a line from 0 to 100. */
export function drawLanes(runs: readonly Undrawn[]): RunView[] {
  const first = runs[0]?.at ?? 0;
  const endOf = ({ at, durationMs = UNKNOWN_MS }: Undrawn): number => at + durationMs;
  let busyUntil = first;
  let squeezed = 0;
  let length = 1;
  const placed = runs.map((run) => {
    const pause = run.at - busyUntil;
    const pausedMs = pause > 3 * LONGEST_PAUSE_MS ? pause : undefined;
    if (pausedMs !== undefined) squeezed += pausedMs - LONGEST_PAUSE_MS;
    busyUntil = Math.max(busyUntil, endOf(run));
    length = Math.max(length, endOf(run) - first - squeezed);
    return { run, pausedMs, begins: first + squeezed };
  });
  return placed.map(({ run, pausedMs, begins }) => {
    const at = (time: number): number => Math.round(Math.max(0, Math.min(1, (time - begins) / length)) * 10_000) / 100;
    return {
      ...run,
      ...{ from: at(run.at), to: at(endOf(run)) },
      ...(pausedMs !== undefined && { pausedMs }),
      calls: run.calls.map((call) => ({ ...call, from: at(call.at), to: at(call.at + call.durationMs) })),
    };
  });
}
