import * as z from "zod";

/** A line of the log, or a metric. */
const Line = z.union([
  z.looseObject({ timestamp: z.iso.datetime(), level: z.string(), message: z.string() }),
  z.looseObject({ _aws: z.object({ Timestamp: z.int() }) }),
]);
export type Line = Readonly<Record<string, unknown>>;

/**
 * Runs something with the lines that it logs kept from the terminal: gives them, without their times and stacks. One at
 * a time.
 */
export async function captured<T>(run: () => Promise<T>): Promise<{ result: T; lines: Line[] }> {
  const written: string[] = [];
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (chunk: string | Uint8Array) => {
    written.push(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString());
    return true;
  };
  try {
    const result = await run();
    const lines = written.map((text) => {
      const line = Line.parse(JSON.parse(text));
      return Object.fromEntries(Object.entries(line).filter(([name]) => !["timestamp", "stack"].includes(name)));
    });
    return { result, lines };
  } finally {
    process.stdout.write = write;
  }
}

/** The same, of which only the result is wanted. */
export const quietly = async <T>(run: () => Promise<T>): Promise<T> => (await captured(run)).result;
