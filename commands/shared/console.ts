import { distance } from "fastest-levenshtein";
import { parseArgs, type ParseArgsConfig } from "node:util";
import * as z from "zod";
import { printable } from "../../contracts/log-line.ts";
import { operationOf } from "./operation.ts";

/** A failure with a message for people, printed without a stack. Exit code 2: the call was wrong; 1: anything else. */
export class CommandError extends Error {
  readonly exitCode: 1 | 2;
  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Runs a command to its end; an error is printed on standard error and sets the exit code. */
export async function main(usage: string, command: () => Promise<void>): Promise<void> {
  if (process.argv.includes("--help")) {
    console.log(usage);
    return;
  }
  process.stdout.on("error", () => process.exit(0)); // the reader, such as `head`, has enough
  try {
    await command();
  } catch (error) {
    console.error(explain(error, usage));
    process.exitCode = error instanceof CommandError ? error.exitCode : 1;
  }
}

function explain(error: unknown, usage: string): string {
  if (error instanceof CommandError) return error.exitCode === 2 ? `${error.message}\n\n${usage}` : error.message;
  if (!(error instanceof Error)) return `${String(error)}. Try again.`;
  if (error instanceof z.core.$ZodError) {
    return `What was read has another form than expected (${issues(error)}). It was written by another version, or by hand: compare it with the schemas in contracts/.`;
  }
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (code === "ECONNREFUSED") {
    const where = "address" in error && "port" in error ? ` at ${String(error.address)}:${String(error.port)}` : "";
    return `Nothing answers${where}. Start the local cloud with \`npm start\`.`;
  }
  const operation = operationOf(error);
  const what = `${operation === undefined ? "" : `${operation}: `}${error.name}: ${error.message.replace(/\.$/, "")}.`;
  const cure = cures.find(([names]) => names.test(error.name))?.[1];
  return `${what} ${cure ?? (operation === undefined ? "This is a mistake in the command: please report it." : "Try again.")}`;
}

/** What to do about the errors that AWS's services and SDK share, by their names. */
const cures: readonly (readonly [RegExp, string])[] = [
  [
    /^CredentialsProviderError$/,
    "Sign in with `aws sso login`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile by AWS_PROFILE.",
  ],
  [/Expired|UnrecognizedClient|InvalidClientToken|InvalidSignature|SSOToken/, "Sign in again with `aws sso login`."],
  [/AccessDenied|NotAuthorized/, "The identity that you signed in with needs this permission."],
  [
    /ResourceNotFound|NonExistentQueue|QueueDoesNotExist/,
    "The stack's outputs name it and it is gone: `npm run up` (locally `npm start`) makes it again.",
  ],
];

/** Each wrong field of what a schema refused, by path and code; never its value, which may be personal. */
export const issues = (error: z.core.$ZodError): string =>
  error.issues.map(({ path, code }) => `${path.join(".") || "the whole"}: ${code}`).join(", ");

/** The options and words of the call. */
export function readArguments<T extends NonNullable<ParseArgsConfig["options"]>>(options: T) {
  const args = process.argv.slice(2);
  if ("deployed" in options && args.some((arg) => /^--stack(=|$)/.test(arg))) {
    throw new CommandError(
      "--stack chooses the config of `npm start`. Name a deployed stack with --deployed NAME; without it the local cloud is used.",
      2,
    );
  }
  return parsedWords(() => parseArgs({ options, allowPositionals: true, args: shieldNegatives(args) }));
}

/** Parses a call's words. @throws CommandError with the first sentence of Node's, which goes on about other programs. */
export function parsedWords<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const [first = ""] = text.split(/\. (?:To specify|This command)/);
    throw new CommandError(`${first.replace(/\.$/, "")}.`, 2);
  }
}

/** The error about words that are no call of the command. */
export const wrongCall = (words: readonly string[]): CommandError =>
  new CommandError(
    words.length === 0 ? "Missing subcommand." : `"${words.join(" ")}" is not a call of this command.`,
    2,
  );

/** The error about a name that is not among the known ones, with the nearest of them. */
export function unknownName(kind: string, name: string, known: readonly string[], exitCode: 1 | 2 = 1): CommandError {
  const [nearest] = known
    .map((candidate) => ({ candidate, slips: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ slips }) => slips <= 3)
    .sort((a, b) => a.slips - b.slips);
  const hint = nearest ? ` Did you mean "${nearest.candidate}"?` : "";
  return new CommandError(`There is no ${kind} "${name}".${hint} Known: ${known.join(", ")}.`, exitCode);
}

/** `add MUG-001 -3`: a negative number is a word, not an option. */
function shieldNegatives(args: readonly string[]): string[] {
  const at = args.findIndex((arg) => /^-\d/.test(arg));
  return at < 0 ? [...args] : [...args.slice(0, at), ...args.slice(at + 1), "--", args[at] ?? ""];
}

/** Rows in aligned columns, numbers to the right. */
export function columns(rows: readonly (readonly (string | number)[])[]): string {
  const widths: number[] = [];
  const cells = rows.map((row) => row.map((cell) => (typeof cell === "number" ? cell : printable(cell))));
  for (const row of cells)
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, String(cell).length)));
  return cells
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
