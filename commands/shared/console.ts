import { parseArgs, type ParseArgsConfig } from "node:util";

/** A mistake that is told in a line, without a stack. Exit code 2 when the call was wrong, 1 when the world was. */
export class CommandError extends Error {
  readonly exitCode: 1 | 2;
  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Runs a command to its end; what it throws becomes a line on standard error and the exit code. */
export async function main(usage: string, command: () => Promise<void>): Promise<void> {
  if (process.argv.includes("--help")) {
    console.log(usage);
    return;
  }
  try {
    await command();
  } catch (error) {
    console.error(explain(error, usage));
    process.exitCode = error instanceof CommandError ? error.exitCode : 1;
  }
}

function explain(error: unknown, usage: string): string {
  if (error instanceof CommandError) return error.exitCode === 2 ? `${error.message}\n\n${usage}` : error.message;
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "ECONNREFUSED") {
    return "The local cloud does not answer. Start it with `npm start`.";
  }
  return `${error.name}: ${error.message}`;
}

/** The options and words of the call. */
export function readArguments<T extends NonNullable<ParseArgsConfig["options"]>>(options: T) {
  try {
    return parseArgs({ options, allowPositionals: true, args: shieldNegatives(process.argv.slice(2)) });
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error), 2);
  }
}

/** `add MUG-001 -3`: a negative number is a word, not an option. */
function shieldNegatives(args: readonly string[]): string[] {
  const at = args.findIndex((arg) => /^-\d/.test(arg));
  return at < 0 ? [...args] : [...args.slice(0, at), ...args.slice(at + 1), "--", args[at] ?? ""];
}

/** Rows in aligned columns, numbers to the right. */
export function columns(rows: readonly (readonly (string | number)[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, String(cell).length)));
  return rows
    .map((row) =>
      row
        .map((cell, index) => {
          const width = widths[index] ?? 0;
          return typeof cell === "number" ? String(cell).padStart(width) : cell.padEnd(width);
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
