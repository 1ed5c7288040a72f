import { isAbsolute, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { RunError } from "@pulumi/pulumi";
import { messageOf } from "../shared/names.ts";

const local = join(import.meta.dirname, "..");
const mostFrames = 3;

/**
 * Reduces every stack to the frames of the project's own files. The SDK takes a stack for each promise; looking up the
 * lines of its files costs a tenth of the start.
 */
export function keepOwnFrames(root: string): void {
  Error.prepareStackTrace = (error, sites) => {
    const frames = sites.flatMap((site) => {
      const file = pathIn(root, site.getFileName() ?? "");
      return file === undefined ? [] : [`    at ${file}:${site.getLineNumber()}:${site.getColumnNumber()}`];
    });
    return [String(error), ...frames].join("\n");
  };
}

/**
 * What went wrong in the program, and where: file and line of ours. A `pulumi.RunError`, such as a mistake in the config,
 * explains itself: its message is all.
 */
export function describeFailure(error: unknown, root: string): string {
  // The SDK wraps an error once for each property that it passed through; only the cause helps.
  const message = messageOf(error).replace(/(error serializing property "[^"]*": )+/g, "");
  if (!(error instanceof Error) || RunError.isInstance(error)) return message;
  return syntaxError(error, root) ?? [message, ...ownFrames(error)].join("\n");
}

const ownFrames = ({ stack = "" }: Error): string[] =>
  stack
    .split("\n")
    .filter((line) => /^ {4}at [^ ]+:\d+:\d+$/.test(line))
    .slice(0, mostFrames);

/** Node puts the place of a syntax error in front of the stack: `file:line`, the source, carets beneath it. */
function syntaxError({ name, message, stack = "", ...more }: Error & { code?: unknown }, root: string) {
  const found = /^(.+):(\d+)\n([^]*?\^+)\s*\n/.exec(stack);
  if (name !== "SyntaxError" || !found) return undefined;
  const [, file = "", line, source = ""] = found;
  const shown = source.split("\n");
  const column = (shown.at(-1) ?? "").indexOf("^") + 1;
  const advice =
    more.code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX"
      ? ". Node strips types and compiles nothing: write it without, for instance a union for an enum."
      : "";
  const place = `${pathIn(root, file) ?? file}:${line}:${column}`;
  return [`${place}: ${message}${advice}`, ...shown.map((one) => `    ${one}`)].join("\n");
}

/** A path or URL of the project's own source, relative to the project's folder; undefined for any other. */
function pathIn(root: string, file: string): string | undefined {
  const path = file.startsWith("file:") ? fileURLToPath(file) : file;
  if (!isAbsolute(path) || path.startsWith(join(local, "/")) || path.includes("node_modules")) return undefined;
  const inside = relative(root, path);
  return inside.startsWith("..") || isAbsolute(inside) ? undefined : inside;
}
