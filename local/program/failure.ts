import { isAbsolute, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf } from "../shared/names.ts";

const mostFrames = 3;

/** The folders of the code that evaluates a program: in every stack, and never the cause. */
const evaluators = [import.meta.dirname, join(import.meta.dirname, "../../evaluation")];

/** Where the SDK takes a stack for each promise, which it shows in its hunt for leaks alone. */
const PROMISE_STACKS = /[\\/]@pulumi[\\/]pulumi[\\/]runtime[\\/]debuggable\.js$/;

/**
 * Reduces every stack to the frames of the project's own files. The SDK takes a stack for each promise; looking up the
 * lines of its files costs a tenth of the start.
 */
export function keepOwnFrames(root: string): void {
  Error.stackTraceLimit = 50; // packages lie between ours
  Error.prepareStackTrace = (error, sites) => {
    if (PROMISE_STACKS.test(sites[0]?.getFileName() ?? "")) return "";
    const frames = sites.flatMap((site) => {
      const file = site.getFileName() ?? "";
      const own = pathIn(root, file) !== undefined;
      return own ? [`    at ${file}:${site.getLineNumber()}:${site.getColumnNumber()}`] : [];
    });
    return [String(error), ...frames].join("\n");
  };
}

/** What went wrong, and where: file and line of the project's own files, by an error's stack or a syntax error's. */
export function describeFailure(error: unknown, root: string): string {
  if (!(error instanceof Error)) return messageOf(error);
  return syntaxError(error, root) ?? [error.message, ...ownFrames(error, root)].join("\n");
}

function ownFrames({ stack = "" }: Error, root: string): string[] {
  const frames = stack.split("\n").flatMap((line) => {
    const [, path = "", place] = /^ {4}at (?:.* \()?(.+?)(:\d+:\d+)\)?$/.exec(line) ?? [];
    const file = pathIn(root, path);
    return file === undefined ? [] : [`    at ${file}${place}`];
  });
  return frames.slice(0, mostFrames);
}

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
  if (!isAbsolute(path) || path.includes("node_modules") || evaluators.some((folder) => path.startsWith(folder)))
    return undefined;
  const inside = relative(root, path);
  return inside.startsWith("..") || isAbsolute(inside) ? undefined : inside;
}
