import * as z from "zod";

/** A line of the log, or a metric. */
const Line = z.union([
  z.looseObject({ timestamp: z.iso.datetime(), level: z.string(), message: z.string() }),
  z.looseObject({ _aws: z.object({ Timestamp: z.int() }) }),
]);
export type Line = Readonly<Record<string, unknown>>;
export type Metric = Line;

/**
 * Runs something with what it writes kept from the terminal: gives the lines of its log, without their times and stacks,
 * and its metrics, each by its value and its dimensions. One at a time.
 */
export async function captured<T>(run: () => Promise<T>): Promise<{ result: T; lines: Line[]; metrics: Metric[] }> {
  const written: string[] = [];
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (chunk: string | Uint8Array) => {
    written.push(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString());
    return true;
  };
  try {
    const result = await run();
    const all = written.map((text) => Line.parse(JSON.parse(text)));
    const lines = all.filter((line) => !("_aws" in line));
    return {
      result,
      lines: lines.map((line) => without(line, "timestamp", "stack")),
      metrics: all.filter((line) => "_aws" in line).map((line) => without(line, "_aws")),
    };
  } finally {
    process.stdout.write = write;
  }
}

/** The same, of which only the result is wanted. */
export const quietly = async <T>(run: () => Promise<T>): Promise<T> => (await captured(run)).result;

const without = (line: Line, ...names: string[]): Line =>
  Object.fromEntries(Object.entries(line).filter(([name]) => !names.includes(name)));
