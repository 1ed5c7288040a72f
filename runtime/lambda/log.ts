import * as z from "zod";
import { ownFrames } from "./stack.ts";

type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Writes one JSON line each. Nothing personal goes in: ids, counts and codes alone. */
export interface Log {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  /**
   * `error` gives its name, its message and its own frames, not what it carries: an SDK's error may hold the request. A
   * schema's error gives the path and code of each issue instead of its message.
   */
  error(message: string, error: unknown, fields?: Fields): void;
  /** A log whose lines all carry these fields. */
  with(fields: Fields): Log;
}

/** A log that writes to the function's standard output, from where Lambda takes it line by line. */
export function jsonLog(bound: Fields): Log {
  const write = (level: string, message: string, fields: object = {}) =>
    process.stdout.write(
      `${JSON.stringify({ timestamp: new Date().toISOString(), level, message, ...bound, ...fields })}\n`,
    );
  return {
    info: (message, fields) => write("info", message, fields),
    warn: (message, fields) => write("warn", message, fields),
    error: (message, error, fields) => write("error", message, { ...describe(error), ...fields }),
    with: (fields) => jsonLog({ ...bound, ...fields }),
  };
}

function describe(error: unknown) {
  if (!(error instanceof Error)) return { error: "not an Error was thrown" };
  const stack = ownFrames(error);
  const place = stack.length > 0 ? { stack } : {};
  const issues = issuesOf(error);
  if (issues !== undefined) return { error: error.name, issues, ...place };
  const cause = error.cause instanceof Error ? { cause: redact(error.cause.message) } : {};
  return { error: error.name, reason: redact(error.message), ...cause, ...place };
}

const SchemaError = z.object({ issues: z.array(z.object({ path: z.array(z.unknown()), code: z.string() })) });
const MOST_ISSUES = 5;

/** `data.total.amount invalid_type, ...`: paths and codes alone, since a schema's message may repeat what was sent. */
function issuesOf(error: Error): string | undefined {
  const { data } = SchemaError.safeParse(error);
  if (!data) return undefined;
  const issues = data.issues.map(({ path, code }) => redact(`${path.map(String).join(".")} ${code}`.trim()));
  const more = issues.length > MOST_ISSUES ? [`${issues.length - MOST_ISSUES} more`] : [];
  return [...issues.slice(0, MOST_ISSUES), ...more].join(", ");
}

/** AWS names the address that it refuses, or the number, in its message. */
const redact = (message: string): string =>
  message.replace(/[^\s/"'<>]+@[^\s"'<>,]+/g, "[address]").replace(/\+\d{7,15}/g, "[number]");
