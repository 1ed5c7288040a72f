import * as z from "zod";

/** What the local cloud tells the person, or the program that reads its JSON lines. */
export interface Console {
  phase(name: string, ms: number): void;
  readonly note: (text: string) => void;
  ready(outputs: Record<string, unknown>, text: readonly string[]): void;
  /** One line that a function wrote. */
  readonly log: (functionName: string, line: string) => void;
  error(message: string): void;
}

export interface ConsoleArgs {
  readonly json: boolean;
  readonly colour: boolean;
  /** The clock's zone: the process itself runs in UTC, as functions do on AWS. */
  readonly timeZone: string;
  readonly write: (line: string) => void;
  readonly writeError: (line: string) => void;
}

const LogLine = z.looseObject({ timestamp: z.string().optional(), level: z.string(), message: z.string() });

/** Prints for people, or as JSON lines. */
export function createConsole(args: ConsoleArgs): Console {
  const { json, write } = args;
  const event = (fields: Record<string, unknown>) => write(JSON.stringify(fields));
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: args.timeZone, timeStyle: "medium" });
  return {
    phase: (phase, ms) =>
      json
        ? event({ event: "phase", phase, ms: Math.round(ms) })
        : write(`${phase.padEnd(34)} ${(ms / 1000).toFixed(2)} s`),
    note: (text) => (json ? event({ event: "note", text }) : write(text)),
    ready: (outputs, text) => (json ? event({ event: "ready", ...outputs }) : text.forEach((line) => write(line))),
    log: (functionName, line) => {
      const fields = parse(line);
      if (json) return event({ event: "log", function: functionName, ...(fields ? { log: fields } : { line }) });
      if (fields === undefined) return line.trim() === "" ? undefined : write(`${functionName}  ${line}`);
      if ("_aws" in fields) return;
      const entry = LogLine.safeParse(fields);
      if (!entry.success) return write(`${functionName}  ${line}`);
      if (entry.data.level.toLowerCase() === "debug") return;
      write(paint(step(functionName, entry.data, clock), entry.data.level, args.colour));
    },
    error: (message) => (json ? event({ event: "error", message }) : args.writeError(message)),
  };
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** What a line shows before its fields, or not at all. */
const columns = new Set(["timestamp", "level", "message", "function", "correlationId", "orderId"]);

/** `HH:MM:SS.mmm  consumer  1a2b3c4d  message key=value` */
function step(functionName: string, entry: z.infer<typeof LogLine>, clock: Intl.DateTimeFormat): string {
  const { timestamp, message, function: name, orderId } = entry;
  const given = timestamp === undefined ? NaN : Date.parse(timestamp);
  const at = Number.isNaN(given) ? Date.now() : given;
  const time = `${clock.format(at)}.${String(at % 1000).padStart(3, "0")}`;
  const who = (typeof name === "string" ? name : functionName).padEnd(14);
  const order = (typeof orderId === "string" ? orderId.slice(0, 8) : "").padEnd(8);
  const rest = Object.entries(entry)
    .filter(([key]) => !columns.has(key))
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return [`${time}  ${who}  ${order}  ${message}`, ...rest].join(" ");
}

function paint(line: string, level: string, colour: boolean): string {
  const code = { warn: 33, error: 31 }[level.toLowerCase()];
  return colour && code !== undefined ? `\u001b[${code}m${line}\u001b[0m` : line;
}
