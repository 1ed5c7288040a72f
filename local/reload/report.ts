import { EventEmitter } from "node:events";

/** A mistake, and where it is. */
export interface Problem {
  /** Relative to the project's folder. */
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly message: string;
}

/** What a save came to. */
export type Outcome =
  /** Functions run new code. */
  | { readonly kind: "code"; readonly functions: readonly string[]; readonly ms: number }
  /** The program was evaluated again; a line for each resource that differs. */
  | {
      readonly kind: "program";
      readonly added: readonly string[];
      readonly changed: readonly string[];
      readonly removed: readonly string[];
      readonly ms: number;
    }
  /** It changes nothing that runs. */
  | { readonly kind: "unchanged"; readonly ms: number }
  /** The code cannot run, or the program's resources cannot be made. What ran before runs on. */
  | { readonly kind: "broken"; readonly problems: readonly Problem[] }
  /** Messages would be lost. What ran before runs on. */
  | { readonly kind: "refused"; readonly message: string }
  /** The compiler has looked at the types. */
  | { readonly kind: "types"; readonly problems: readonly Problem[]; readonly ms: number };

/** An outcome, numbered from 1, with its time in ms since 1970. */
export type Report = Outcome & { readonly number: number; readonly at: number };

/** What came of the saves since the start, for the page. */
export interface Reports {
  /** Whether files are watched, and the last reports, oldest first. */
  list(): { readonly watching: boolean; readonly reports: readonly Report[] };
  /** Says whether files are watched. */
  watching(on: boolean): void;
  add(outcome: Outcome): void;
  /** Calls `listener` with each report from now on, until the function that it gives is called. */
  subscribe(listener: (report: Report) => void): () => void;
}

/** As many as a page shows. */
const MOST = 100;

/** Starts without reports; tells the person of each that matters. */
export function createReports(note: (text: string) => void): Reports {
  const kept: Report[] = [];
  const emitter = new EventEmitter<{ report: [Report] }>();
  let typesWereWrong = true; // so the first good look is told too
  let number = 0;
  let watching = false;
  return {
    list: () => ({ watching, reports: kept }),
    watching: (on) => void (watching = on),
    add: (outcome) => {
      const report = { ...outcome, number: ++number, at: Date.now() };
      kept.push(report);
      if (kept.length > MOST) kept.shift();
      const isNews = outcome.kind !== "types" || outcome.problems.length > 0 || typesWereWrong;
      if (outcome.kind === "types") typesWereWrong = outcome.problems.length > 0;
      const text = isNews ? textOf(outcome) : undefined;
      if (text !== undefined) note(text);
      emitter.emit("report", report);
    },
    subscribe: (listener) => {
      emitter.on("report", listener);
      return () => void emitter.off("report", listener);
    },
  };
}

const MOST_LINES = 20;

/** The report in the terminal; none for a save that changed nothing. */
export function textOf(outcome: Outcome): string | undefined {
  switch (outcome.kind) {
    case "code":
      return `reload: ${outcome.functions.join(", ")} ${seconds(outcome.ms)}`;
    case "program": {
      const { added, changed, removed, ms } = outcome;
      const lines = [
        ...added.map((one) => `  + ${one}`),
        ...changed.map((one) => `  ~ ${one}`),
        ...removed.map((one) => `  - ${one}`),
      ];
      return [`reload: the program ${seconds(ms)}`, ...shorten(lines)].join("\n");
    }
    case "unchanged":
      return undefined;
    case "broken":
      return ["reload: what ran before runs on, until this is mended:", ...shorten(outcome.problems.map(lineOf))].join(
        "\n",
      );
    case "refused":
      return `reload: refused, what ran before runs on. ${outcome.message}`;
    case "types":
      return outcome.problems.length === 0
        ? `types: right ${seconds(outcome.ms)}`
        : [`types: wrong ${seconds(outcome.ms)}`, ...shorten(outcome.problems.map(lineOf))].join("\n");
  }
}

const seconds = (ms: number): string => `(${(ms / 1000).toFixed(2)} s)`;

const shorten = (lines: readonly string[]): readonly string[] =>
  lines.length <= MOST_LINES ? lines : [...lines.slice(0, MOST_LINES), `  and ${lines.length - MOST_LINES} more`];

function lineOf({ file, line, column, message }: Problem): string {
  const place = file === undefined ? "" : `${[file, line, column].filter((one) => one !== undefined).join(":")}: `;
  return `  ${place}${message}`;
}
