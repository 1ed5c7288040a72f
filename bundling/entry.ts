/** The wrappers that run a handler inside Lambda, each with its file. */
const wrappers = {
  consume: "runtime/lambda/consume.ts",
  serve: "runtime/lambda/serve.ts",
  runScheduled: "runtime/lambda/run-scheduled.ts",
} as const;
export type Wrapper = keyof typeof wrappers;

/**
 * The module that a handler's function is made of: its file, relative to the project's folder, in its wrapper. It exports
 * the definition too: the local cloud compares it when the file is saved.
 */
export const handlerEntry = (file: string, wrapper: Wrapper): string =>
  `import definition from "./${file}"; import { ${wrapper} } from "./${wrappers[wrapper]}"; ` +
  `export const handle = ${wrapper}(definition); export { definition };`;

/**
 * The module that runs the inline callbacks that use these kinds of resource, with the events of a file that is relative to
 * the project's folder.
 */
export const inlineEntry = (eventsFile: string, kinds: readonly string[]): string =>
  `import { events } from "./${eventsFile}"; import { inlineRuntime } from "./runtime/lambda/inline.ts"; ` +
  `import { ${kinds.join(", ")} } from "./runtime/define/uses.ts"; ` +
  `export const { consumeInline, serveInline } = inlineRuntime(events, { ${kinds.join(", ")} });`;

/** The handler's file of an entry, relative to the project's folder; none for the inline callbacks' entry. */
export const handlerFileOf = (entry: string): string | undefined =>
  /^import definition from "\.\/([^"]+)"/.exec(entry)?.[1];

/** The bundled runtime of the inline callbacks, relative to the project's folder: so it stands in their archives. */
export const INLINE_FILE = "node_modules/.cache/order-fanout/inline.cjs";

const MARK = "\n//# entry=";

/** Code that says in its last line which entry it was made of. */
export const withEntry = (code: string, entry: string): string => `${code.trimEnd()}${MARK}${entry}\n`;

/** The entry that code was made of, by `withEntry`. */
export function entryOf(code: string): string | undefined {
  const at = code.lastIndexOf(MARK);
  return at < 0 ? undefined : code.slice(at + MARK.length).trimEnd();
}
