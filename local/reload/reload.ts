import { readStackConfig, type StackConfig } from "../program/stack-config.ts";
import { LocalCloudError, messageOf } from "../shared/names.ts";
import type { Part } from "../shared/parts.ts";
import type { Functions } from "../lambda/functions.ts";
import { MessagesWouldBeLost } from "../messaging/server.ts";
import { bundledOf, inlineEntryOf, prepare, refreshMap, replace } from "./code.ts";
import { createDefinitions } from "./definitions.ts";
import { functionsIn, isEmpty, type Graph } from "./graph.ts";
import { apply, evaluate, type ProgramReloadArgs } from "./program.ts";
import type { Outcome, Reports } from "./report.ts";
import { Broken, openSources, type SourceReader, type Sources } from "./sources.ts";
import { createTypes } from "./types.ts";
import { start as startWatching } from "./watch.ts";

/** What is watched, and what runs of it. */
export interface ReloadArgs extends Omit<ProgramReloadArgs, "signal"> {
  /** The stack's config, absolute. */
  readonly configFile: string;
  /** What the local cloud adds to the stack's config. */
  readonly withAuth: (config: StackConfig) => StackConfig["config"];
  /** The program's resources, as they run. */
  readonly graph: Graph;
  readonly reports: Reports;
  /** When the program began to be read, in ms since 1970. */
  readonly since: number;
  /** Whether the compiler looks at the types too. */
  readonly types: boolean;
}

/** Has what runs follow the project's files: after every save it becomes what a start would have made. */
export async function start(args: ReloadArgs): Promise<Part> {
  const { root, state } = args.services.settings;
  const { graph, functions, reports } = args;
  const definitions = createDefinitions();
  const types = createTypes(root, (outcome) => reports.add(outcome));
  let reader: SourceReader | undefined;
  /** What the running program was made of; unknown as long as it may have been something else. */
  let program: string | undefined;
  let config = "";
  const stopping = new AbortController();
  const { signal } = stopping;

  function readConfig(): StackConfig {
    const read = readStackConfig(root, args.configFile);
    const { region } = args.services.settings;
    if (read.region !== region)
      throw new LocalCloudError(`The region was ${region} and is ${read.region} now: it takes another \`npm start\`.`);
    return { ...read, config: args.withAuth(read) };
  }

  /** The sources of what runs; a reader for each set of entries. Undefined where a handler's file is gone. */
  async function read(entries: readonly string[], changed?: ReadonlySet<string>): Promise<Sources | undefined> {
    if (reader?.entries.join("\n") !== entries.join("\n")) {
      await reader?.dispose();
      reader = await openSources(root, entries);
    }
    const current = reader;
    return current.read(changed).catch((error: unknown) => {
      if (current.lacksEntry()) return undefined; // the program says whether it is still one
      throw error;
    });
  }

  /** Makes what runs the same as the files; `early`: nobody knows of which files it was made. */
  async function settle(early: boolean, changed: ReadonlySet<string>): Promise<void> {
    const began = performance.now();
    const ms = (): number => Math.round(performance.now() - began);
    if (early) program = undefined;
    const entries = entriesIn(graph, functions);
    const sources = await read(entries, early ? undefined : changed); // first of all: nobody names these files again
    const stackConfig = readConfig();
    const same = program !== undefined && sources?.program === program && JSON.stringify(stackConfig) === config;
    if (same && (await reloadCode(sources, ms))) return;

    const found = await apply({ ...args, signal }, await evaluate({ ...args, signal }, stackConfig), graph);
    config = JSON.stringify(stackConfig);
    program = sources && (await programNow(sources, entries));
    reports.add(isEmpty(found) ? { kind: "unchanged", ms: ms() } : { kind: "program", ...found, ms: ms() });
  }

  /** What the running program was made of, as the sources of the functions that there are now say it. */
  async function programNow(evaluated: Sources, entries: readonly string[]): Promise<string | undefined> {
    const now = entriesIn(graph, functions);
    if (now.join("\n") === entries.join("\n")) return evaluated.program;
    const other = await openSources(root, now);
    try {
      const { program: said } = await other.read();
      const again = await read(entries); // as before: then nothing was saved meanwhile
      return again?.program === evaluated.program ? said : undefined;
    } finally {
      await other.dispose();
    }
  }

  /** Replaces the code that changed; false when a declaration changed too. */
  async function reloadCode({ own }: Sources, ms: () => number): Promise<boolean> {
    const changed = functionsIn(graph).flatMap(({ name, made }) => {
      const one = bundledOf(name, made, functions);
      const now = one && own.get(one.entry);
      if (!now) return [];
      if (now.code !== one.code) return [{ one, own: now }];
      refreshMap(one, now); // an edit of a comment moves lines
      return [];
    });
    const prepared = await Promise.all(changed.map(({ one, own }) => prepare(root, state, one, own)));
    for (const { bundled: before, config: after, packages } of prepared) {
      const { digest, problem } = await definitions.of(after, packages.after);
      if (digest !== undefined && digest !== (await definitions.of(before.config, packages.before)).digest)
        return false;
      if (problem) throw new Broken([problem]);
    }
    for (const one of prepared) await replace(one, { graph, services: args.services, functions });
    const names = prepared.map(({ bundled: { name } }) => functions.logNames().get(name) ?? name);
    reports.add(names.length > 0 ? { kind: "code", functions: names, ms: ms() } : { kind: "unchanged", ms: ms() });
    return true;
  }

  const changed = async (early: boolean, paths: ReadonlySet<string>): Promise<void> => {
    await settle(early, paths).catch((error: unknown) => signal.aborted || reports.add(failureOf(error)));
    if (args.types) types.check();
  };

  try {
    config = JSON.stringify(readConfig());
    program = (await read(entriesIn(graph, functions)))?.program;
  } catch {
    // a save since the start is broken: the watcher comes to it
  }
  const failed = (error: unknown) =>
    args.note(`some saves may go unnoticed: the files cannot be watched (${messageOf(error)})`);
  const watching = await startWatching({
    root,
    state,
    configFile: args.configFile,
    since: args.since,
    changed,
    failed,
  });
  reports.watching(true);
  if (args.types) types.check();
  return {
    stop: async () => {
      stopping.abort();
      reports.watching(false);
      await watching.stop();
      await Promise.all([types.stop(), definitions.stop(), reader?.dispose()]);
    },
  };
}

/** Everything of ours that is bundled for the functions. */
function entriesIn(graph: Graph, functions: Pick<Functions, "find">): string[] {
  const entries = functionsIn(graph).flatMap(({ name, made }) => [
    bundledOf(name, made, functions)?.entry ?? inlineEntryOf(functions.find(name)) ?? [],
  ]);
  return [...new Set(entries.flat())].sort();
}

function failureOf(error: unknown): Outcome {
  if (error instanceof Broken) return { kind: "broken", problems: error.problems };
  const message = messageOf(error);
  if (error instanceof MessagesWouldBeLost) return { kind: "refused", message };
  const [, file, line, column] =
    /^ +at (.+):(\d+):(\d+)$/m.exec(message) ?? /^([^\s:]+):(\d+):(\d+): /.exec(message) ?? [];
  const place = file === undefined ? {} : { file, line: Number(line), column: Number(column) };
  return { kind: "broken", problems: [{ ...place, message }] };
}
