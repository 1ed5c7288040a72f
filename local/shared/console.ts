import { logColumns, parseLine } from "../../contracts/log-line.ts";
import { timingTable, type Phase } from "./timing-table.ts";

/** What the local cloud tells the person, or the program that reads its JSON lines. */
export interface Console {
  phase(name: string, ms: number): void;
  /** Where the time of the start went. */
  timing(phases: readonly Phase[]): void;
  readonly note: (text: string) => void;
  /** The functions there are: by name, the name that their own lines carry. The first column is as wide as the longest. */
  functions(names: ReadonlyMap<string, string>): void;
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

/** Prints for people, or as JSON lines. */
export function createConsole(args: ConsoleArgs): Console {
  const { json, write } = args;
  const event = (fields: Record<string, unknown>) => write(JSON.stringify(fields));
  let names: ReadonlyMap<string, string> = new Map();
  let columns = logColumns({ ...args, nameWidth: 0 });
  return {
    phase: (phase, ms) =>
      json
        ? event({ event: "phase", phase, ms: Math.round(ms) })
        : write(`${phase.padEnd(34)} ${(ms / 1000).toFixed(2)} s`),
    timing: (phases) =>
      json ? event({ event: "timing", phases }) : timingTable(phases).forEach((line) => write(line)),
    note: (text) => (json ? event({ event: "note", text }) : write(text)),
    functions: (given) => {
      names = given;
      columns = logColumns({ ...args, nameWidth: Math.max(...[...given.values()].map(({ length }) => length), 0) });
    },
    ready: (outputs, text) => (json ? event({ event: "ready", ...outputs }) : text.forEach((line) => write(line))),
    log: (functionName, line) => {
      const fields = json ? parseLine(line) : undefined;
      if (json) return event({ event: "log", function: functionName, ...(fields ? { log: fields } : { line }) });
      const text = columns({ at: Date.now(), name: names.get(functionName) ?? functionName, line });
      if (text !== undefined) write(text);
    },
    error: (message) => (json ? event({ event: "error", message }) : args.writeError(message)),
  };
}
