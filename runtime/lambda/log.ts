type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Writes one JSON line each. Nothing personal goes in: ids, counts and codes alone. */
export interface Log {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  /** `error` gives its name and message, not its stack or what it carries: an SDK's error may hold the request. */
  error(message: string, error: unknown, fields?: Fields): void;
  /** A log whose lines all carry these fields. */
  with(fields: Fields): Log;
}

/** A log that writes to the function's standard output, from where Lambda takes it line by line. */
export function jsonLog(bound: Fields): Log {
  const write = (level: string, message: string, fields: Fields = {}) =>
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

function describe(error: unknown): Fields {
  if (!(error instanceof Error)) return { error: "not an Error was thrown" };
  // A schema's message may repeat what was sent; its paths and codes do not.
  if ("issues" in error && Array.isArray(error.issues)) return { error: error.name, issues: error.issues.length };
  return { error: error.name, reason: redact(error.message) };
}

/** AWS names the address that it refuses, or the number, in its message. */
const redact = (message: string): string =>
  message.replace(/[^\s/"'<>]+@[^\s"'<>,]+/g, "[address]").replace(/\+\d{7,15}/g, "[number]");
