import { median, shown } from "./statistics.ts";

/** A figure that a bench measures on each side. */
export interface Metric {
  /** Its name in `--json`. */
  readonly key: string;
  /** Its name in the table, with the unit. */
  readonly title: string;
  readonly better: "lower" | "higher";
  /** What the ratio to commit a81524f must be at most or, where higher is better, at least. */
  readonly bar?: number;
}

/** What one run measured, by the metrics' keys. */
export type Figures = Readonly<Record<string, number>>;

/** One run of each side. */
export interface Pair {
  readonly here: Figures;
  readonly there: Figures;
}

/** A metric over all pairs. */
export interface Compared {
  readonly metric: Metric;
  /** The medians of each side. */
  readonly here: number;
  readonly there: number;
  /** This tree's figure divided by the other's, pair by pair. */
  readonly ratios: readonly number[];
  readonly median: number;
  readonly range: readonly [number, number];
  /** Whether the median meets the bar, where there is one. */
  readonly met?: boolean;
}

/** The commit that the bars are ratios to. */
export const BASE = "a81524f";

/**
 * Compares the pairs.
 * @param against The other side's commit: bars count for `BASE` alone.
 */
export function compare(metrics: readonly Metric[], pairs: readonly Pair[], against: string): Compared[] {
  return metrics.map((metric) => {
    const { key, better, bar } = metric;
    const of = (figures: Figures) => figures[key] ?? Number.NaN;
    const ratios = pairs.map(({ here, there }) => of(here) / of(there));
    const middle = median(ratios);
    return {
      metric,
      here: median(pairs.map(({ here }) => of(here))),
      there: median(pairs.map(({ there }) => of(there))),
      ratios,
      median: middle,
      range: [Math.min(...ratios), Math.max(...ratios)],
      ...(bar !== undefined && against.startsWith(BASE) && { met: better === "lower" ? middle <= bar : middle >= bar }),
    };
  });
}

/** The table of a comparison. */
export function comparisonTable(compared: readonly Compared[], against: string): (string | number)[][] {
  const head = ["", "this tree", against.slice(0, 7), "ratio", "range", "bar", ""];
  const rows = compared.map(({ metric, here, there, median, range: [least, most], met }) => [
    metric.title,
    shown(here),
    shown(there),
    shown(median),
    `${shown(least)} to ${shown(most)}`,
    met === undefined ? "" : `${metric.better === "lower" ? "<=" : ">="} ${shown(metric.bar ?? Number.NaN)}`,
    met === undefined ? "" : met ? "met" : "not met",
  ]);
  return [head, ...rows];
}

/** The table of one side alone: the medians of its runs, and their range. */
export function figuresTable(metrics: readonly Metric[], runs: readonly Figures[]): string[][] {
  const rows = metrics.map(({ key, title }) => {
    const values = runs.map((figures) => figures[key] ?? Number.NaN);
    const range = runs.length > 1 ? `${shown(Math.min(...values))} to ${shown(Math.max(...values))}` : "";
    return [title, shown(median(values)), range];
  });
  return [["", "median", runs.length > 1 ? "range" : ""], ...rows];
}
