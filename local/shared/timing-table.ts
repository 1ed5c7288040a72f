/** A phase of the start, in milliseconds since the process began. Phases run side by side. */
export interface Phase {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
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
