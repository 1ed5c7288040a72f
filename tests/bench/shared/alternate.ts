import { word, wholeNumber, type Report, type Say } from "./bench.ts";
import { compare, comparisonTable, figuresTable, type Figures, type Metric, type Pair } from "./pairs.ts";
import type { Side } from "./running-cloud.ts";
import { checkOut, commitOf, here } from "./sides.ts";

/** The flags of a bench that compares two sides, with how often this tree alone is run by default. */
export const sideFlags = ({ runs }: { runs: number }) => ({
  against: word("REV", "a commit to run alternately with this tree, such as a81524f"),
  pairs: wholeNumber("how often each side is run with --against", 7),
  runs: wholeNumber("how often this tree is run without --against", runs),
});

/** What is measured on each side. */
export interface Measurement {
  readonly what: string;
  readonly metrics: readonly Metric[];
  readonly measure: (side: Side) => Promise<Figures>;
}

/**
 * Measures this tree or, with `against`, this tree and another commit in turn: each is the first of every other pair, so
 * that what changes on the machine meanwhile meets both.
 */
export async function alternate(
  { against, pairs: count, runs }: { against?: string | undefined; pairs: number; runs: number },
  { what, metrics, measure }: Measurement,
  say: Say,
): Promise<Report> {
  const measured = async (side: Side, at: string): Promise<Figures> => {
    say(`${at}: ${side.name}`);
    return measure(side);
  };
  if (against === undefined) {
    const figures: Figures[] = [];
    for (let run = 1; run <= runs; run += 1) figures.push(await measured(here, `run ${run} of ${runs}`));
    const title = `${what}; ${runs === 1 ? "one run" : `${runs} runs`} of this tree`;
    return { title, table: figuresTable(metrics, figures), figures };
  }
  const commit = await commitOf(against);
  const there = await checkOut(commit, say);
  const pairs: Pair[] = [];
  for (let pair = 1; pair <= count; pair += 1) {
    const at = `pair ${pair} of ${count}`;
    const first = pair % 2 === 1 ? here : there;
    const one = await measured(first, at);
    const other = await measured(first === here ? there : here, at);
    pairs.push(first === here ? { here: one, there: other } : { here: other, there: one });
  }
  const compared = compare(metrics, pairs, commit);
  return {
    title: `${what}; ${count === 1 ? "one pair" : `${count} pairs, their medians`}; a bar is met when the ratios' median meets it`,
    table: comparisonTable(compared, commit),
    figures: { against: commit, pairs, compared },
  };
}
