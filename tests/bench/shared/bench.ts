import { parseArgs } from "node:util";
import * as z from "zod";
import { CommandError, parsedWords } from "../../../commands/shared/console.ts";

/** What a bench has found. */
export interface Report {
  /** What was measured, how often and on what. */
  readonly title: string;
  /** The table's rows, the first its head. */
  readonly table: readonly (readonly (string | number)[])[];
  /** What the table's reader must know. */
  readonly notes?: readonly string[];
  /** Every figure, for `--json`. */
  readonly figures: unknown;
}

/** Says what is going on, on a terminal. */
export type Say = (text: string) => void;

/** A bench of `npm run bench`. */
export interface Bench {
  /** What it measures, for the list of benches. */
  readonly summary: string;
  readonly flags: z.ZodObject;
  /** @throws CommandError about flags that cannot be. */
  run(words: readonly string[], say: Say): Promise<Report>;
}

/**
 * Defines a bench.
 * @param flags A schema of each flag, made by `wholeNumber` and `word`, by its name without the hyphens.
 */
export function defineBench<S extends z.ZodObject>(bench: {
  readonly summary: string;
  readonly flags: S;
  readonly run: (flags: z.output<S>, say: Say) => Promise<Report>;
}): Bench {
  return { ...bench, run: (words, say) => bench.run(readFlags(bench.flags, words), say) };
}

/** A flag with a whole number. */
export const wholeNumber = (help: string, byDefault: number, least = 1) =>
  z
    .string()
    .default(String(byDefault))
    .transform(Number)
    .refine((value) => Number.isSafeInteger(value) && value >= least, `is a whole number of at least ${least}`)
    .meta({ placeholder: "N", help: `${help} (default ${byDefault})` });

/** A flag with a word, which may be left out. */
export const word = (placeholder: string, help: string) => z.string().min(1).optional().meta({ placeholder, help });

function readFlags<S extends z.ZodObject>(flags: S, words: readonly string[]): z.output<S> {
  const options = Object.fromEntries(Object.keys(flags.shape).map((name) => [name, { type: "string" as const }]));
  const { values } = parsedWords(() => parseArgs({ options, args: [...words] }));
  const parsed = flags.safeParse(values);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    return `--${name} ${message}; got "${String(values[name])}".`;
  });
  throw new CommandError(wrong.join("\n"), 2);
}

const Meta = z.object({ placeholder: z.string(), help: z.string() });

/** The lines of the usage that a bench's flags have. */
export function usageOf({ flags }: Pick<Bench, "flags">): string[] {
  return Object.entries<z.ZodType>(flags.shape).map(([name, schema]) => {
    const { placeholder, help } = Meta.parse(schema.meta());
    return `  ${`--${name} ${placeholder}`.padEnd(14)} ${help}`;
  });
}
