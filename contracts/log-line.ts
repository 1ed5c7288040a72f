import * as z from "zod";

/** One line of a function's log in JSON; every other key is a field of the line. */
export const LogLine = z.looseObject({
  timestamp: z.string().optional(),
  level: z.string(),
  message: z.string(),
  /** The consumer, the route or the schedule that wrote it. */
  function: z.string().optional(),
  orderId: z.string().optional(),
  /** Where an error was thrown: our own frames, the innermost first. */
  stack: z.array(z.string()).optional(),
});

/** A line that begins with a brace and is JSON is an object. */
const isFields = (parsed: unknown): parsed is Record<string, unknown> => typeof parsed === "object" && parsed !== null;

/** The line as JSON, or undefined for one that is plain text. */
export function parseLine(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const parsed: unknown = JSON.parse(line);
    return isFields(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Where a line came from, and when, in ms since 1970: a line's own time and name go before these. */
export interface Written {
  readonly at: number;
  readonly name: string;
  readonly line: string;
}

export interface Columns {
  readonly timeZone: string;
  readonly colour: boolean;
  /** How wide the function's column begins; a longer name widens it. */
  readonly nameWidth: number;
}

/** What a line shows before its fields, or not at all. */
const shown = new Set([...Object.keys(LogLine.shape), "correlationId"]);

/** Lines that Lambda adds to each invocation. */
const lambdasOwn = /^(INIT_START|START|END|REPORT) /;

/**
 * Prints lines for people: `HH:MM:SS.mmm  function  1a2b3c4d  message key=value`, the third column being the order's
 * first 8 digits; an error's stack follows, indented. Gives undefined for metrics, debug lines, blank lines and Lambda's own.
 */
export function logColumns({ timeZone, colour, nameWidth }: Columns): (written: Written) => string | undefined {
  let width = nameWidth;
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone, timeStyle: "medium" });
  return ({ at, name, line }) => {
    const fields = parseLine(line);
    if (fields === undefined && (line.trim() === "" || lambdasOwn.test(line))) return undefined;
    if (fields !== undefined && "_aws" in fields) return undefined;
    const { data: entry = { level: "info", message: line } } = LogLine.safeParse(fields);
    if (entry.level.toLowerCase() === "debug") return undefined;
    const stamped = Date.parse(entry.timestamp ?? "");
    const time = Number.isNaN(stamped) ? at : stamped;
    const who = entry.function ?? name;
    width = Math.max(width, who.length);
    const start = [
      `${clock.format(time)}.${String(time % 1000).padStart(3, "0")}`,
      who.padEnd(width),
      (entry.orderId ?? "").slice(0, 8).padEnd(8),
      entry.message,
    ];
    const rest = Object.entries(entry)
      .filter(([key]) => !shown.has(key))
      .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
    const lines = [[start.join("  "), ...rest].join(" "), ...(entry.stack ?? []).map((frame) => `    at ${frame}`)];
    return paint(lines.map(printable).join("\n"), entry.level, colour);
  };
}

function paint(line: string, level: string, colour: boolean): string {
  const code = { warn: 33, error: 31 }[level.toLowerCase()];
  return colour && code !== undefined ? `\u001b[${code}m${line}\u001b[0m` : line;
}

/** Text that a terminal prints as it is: control characters, and those that reverse or break a line, as escapes. */
export const printable = (text: string): string =>
  text.replace(
    /[[\p{Cc}--\t]\p{Cs}\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/gv,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
