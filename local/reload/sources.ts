import type { BuildContext, BuildOptions, Message } from "esbuild";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { handlerFileOf } from "../../bundling/entry.ts";
import { ownCodeOf, ownCodeOptions, type OwnCode } from "../../bundling/own-code.ts";
import type { Problem } from "./report.ts";

/** Sources that do not compile, or do not load. */
export class Broken extends Error {
  override readonly name = "Broken";
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map(({ message }) => message).join("\n"));
    this.problems = problems;
  }
}

/** The project's sources, as they are now. */
export interface Sources {
  /** The program's own code, without the files of handlers, and the runtime of its inline callbacks. */
  readonly program: string;
  /** The code of each entry. */
  readonly own: ReadonlyMap<string, OwnCode>;
}

/** Bundles the sources again and again; only what the files that changed are part of is bundled again. */
export interface SourceReader {
  readonly entries: readonly string[];
  /**
   * Reads the sources; `changed` are the files that may have changed since the last time, absolute. Default all.
   * @throws Broken where they do not compile.
   */
  read(changed?: ReadonlySet<string>): Promise<Sources>;
  /** Whether the handler's file of an entry is gone: the program alone says what became of the entry. */
  lacksEntry(): boolean;
  dispose(): Promise<void>;
}

/** Opens the sources of a program and of entries of functions. */
export async function openSources(root: string, entries: readonly string[]): Promise<SourceReader> {
  const { context } = await import("esbuild");
  const handlers = entries.flatMap((entry) => handlerFileOf(entry) ?? []).map((file) => join(root, file));
  const program = await context(programOptions(root, new Set(handlers)));
  const contexts = await Promise.all(
    entries.map(async (entry) => ({ entry, own: await context(ownCodeOptions(root, [entry])) })),
  );
  /** What each entry was made to last; none where it did not compile. */
  const last = new Map<string, OwnCode>();
  const isOld = (entry: string, changed: ReadonlySet<string> | undefined): boolean => {
    const files = last.get(entry)?.files;
    if (!files || !changed || changed.has(join(root, "package-lock.json"))) return true;
    return files.some((file) => changed.has(join(root, file)));
  };
  return {
    entries,
    read: async (changed) => {
      const built = contexts
        .filter(({ entry }) => isOld(entry, changed))
        .map(async ({ entry, own }) => {
          last.delete(entry);
          const read = ownCodeOf(root, [entry], await rebuild(own)).get(entry);
          if (read) last.set(entry, read);
        });
      const [programResult] = await allOf([rebuild(program), ...built]);
      const inline = entries.filter((entry) => handlerFileOf(entry) === undefined);
      const texts = [
        ...programResult.outputFiles.map(({ text }) => text),
        ...inline.map((entry) => last.get(entry)?.code),
      ];
      return { own: new Map(last), program: texts.join() };
    },
    lacksEntry: () => handlers.some((file) => !existsSync(file)),
    dispose: async () => void (await Promise.all([program.dispose(), ...contexts.map(({ own }) => own.dispose())])),
  };
}

/** Waits for all, and then throws the first failure: none is left running. */
async function allOf<T>([first, ...rest]: readonly [Promise<T>, ...Promise<void>[]]): Promise<[T]> {
  await Promise.allSettled([first, ...rest]);
  await Promise.all(rest);
  return [await first];
}

/** The program as its evaluation loads it; a handler counts by its definition, which is compared apart. */
const programOptions = (root: string, handlers: ReadonlySet<string>) =>
  ({
    absWorkingDir: root,
    entryPoints: ["index.ts"],
    bundle: true,
    write: false,
    outdir: "out",
    format: "esm",
    platform: "node",
    packages: "external",
    minifyWhitespace: true, // comments go with it
    legalComments: "none",
    logLevel: "silent",
    plugins: [
      {
        name: "handlers",
        setup(esbuild) {
          esbuild.onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
            const file = resolve(resolveDir, path);
            return handlers.has(file) ? { path: file, external: true } : undefined;
          });
        },
      },
    ],
  }) satisfies BuildOptions;

async function rebuild<T extends BuildOptions>(context: BuildContext<T>) {
  try {
    return await context.rebuild();
  } catch (error) {
    throw error instanceof Error && "errors" in error && Array.isArray(error.errors)
      ? new Broken(error.errors.map(problemOf))
      : error;
  }
}

function problemOf({ text, location }: Message): Problem {
  if (!location) return { message: text };
  return { file: location.file, line: location.line, column: location.column + 1, message: text };
}
