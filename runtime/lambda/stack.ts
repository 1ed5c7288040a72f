import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { join } from "node:path";
import * as z from "zod";

const MOST_FRAMES = 8;

/** The bundle, beside which are its source map and the packages. Outside a bundle there is no `__dirname`. */
const bundle = typeof __dirname === "string" ? join(__dirname, "index.js") : undefined;
const packages = bundle && join(bundle, "../packages.js");
let opened: SourceMap | undefined | "none";

/**
 * The frames of an error's stack that are our own code, as `handlers/shipment.ts:42:13`, the throwing one first. Frames
 * of packages and of Node, and the error's message, are left out.
 */
export function ownFrames({ message, stack = "" }: Error): string[] {
  const traced = stack.slice(Math.max(0, stack.indexOf(message)) + message.length); // a message may look like a frame
  const frames = traced.split("\n").flatMap((line) => {
    const [, file = "", lineNumber = "", column = ""] =
      /^ +at (?:async )?(?:[^(]+ \()?(.+?):(\d+):(\d+)\)?$/.exec(line) ?? [];
    if (file === "" || file.startsWith("node:") || file.includes("node_modules") || file === packages) return [];
    return file === bundle ? original(Number(lineNumber), Number(column)) : [`${file}:${lineNumber}:${column}`];
  });
  return frames.slice(0, MOST_FRAMES);
}

/** The place in the source; none for what is in no source. */
function original(line: number, column: number): string[] {
  opened ??= open();
  if (opened === "none") return [`index.js:${line}:${column}`];
  const entry = opened.findEntry(line - 1, column - 1);
  return "originalSource" in entry && entry.originalSource
    ? [`${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`]
    : [];
}

const Payload = z.object({
  version: z.number(),
  sources: z.array(z.string()),
  names: z.array(z.string()),
  mappings: z.string(),
});

/** Read at the first error, not when the function is loaded. */
function open(): SourceMap | "none" {
  try {
    const map = Payload.parse(JSON.parse(readFileSync(`${bundle}.map`, "utf8")));
    return new SourceMap({ file: "index.js", sourceRoot: "", sourcesContent: [], ...map });
  } catch {
    return "none";
  }
}
