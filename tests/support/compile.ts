import { dirname, join, relative, resolve, sep } from "node:path";
import ts from "typescript";
import { root } from "./evaluate.ts";

/** The files of a small program by their paths, such as `handlers/x.ts`; those that it does not have are the project's. */
export type Files = Readonly<Record<string, string>>;

export interface Diagnosis {
  readonly code: number;
  readonly message: string;
  /** As `tsc` prints it: file, position, code and message. */
  readonly printed: string;
}

/**
 * Compiles several small programs in one run, with the project's own options, and gives the errors of each in the order
 * in which `tsc` prints them. Unused names are allowed.
 */
export function diagnose(programs: Readonly<Record<string, Files>>): Map<string, Diagnosis[]> {
  const cases = Object.entries(programs).map(([name, files], index) => ({ name, files, folder: folderOf(index) }));
  const virtual = new Map(
    cases.flatMap(({ folder, files }) => Object.entries(files).map(([path, text]) => [join(folder, path), text])),
  );
  const config: unknown = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)).config;
  const { options } = ts.parseJsonConfigFileContent(config, { ...ts.sys, readDirectory: () => [] }, root);
  const program = ts.createProgram({
    rootNames: [...virtual.keys()],
    options: { ...options, noUnusedLocals: false, noUnusedParameters: false },
    host: overlay(virtual, options),
  });
  return new Map(
    cases.map(({ name, files, folder }) => {
      const sources = Object.keys(files).map((path) => program.getSourceFile(join(folder, path)));
      const found = sources.flatMap((source) => [
        ...program.getSyntacticDiagnostics(source),
        ...program.getSemanticDiagnostics(source),
      ]);
      return [name, ts.sortAndDeduplicateDiagnostics(found).map((diagnostic) => diagnosis(diagnostic, folder))];
    }),
  );
}

const folderOf = (index: number): string => join(root, `case-${index}`);

function diagnosis(diagnostic: ts.Diagnostic, folder: string): Diagnosis {
  const printed = ts.formatDiagnostic(diagnostic, {
    getCurrentDirectory: () => folder,
    getCanonicalFileName: (path) => path,
    getNewLine: () => "\n",
  });
  const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n");
  return { code: diagnostic.code, message, printed: printed.trimEnd() };
}

/** Lays each program's files over the project: an import finds the program's own file first. */
function overlay(virtual: ReadonlyMap<string, string>, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost({ ...options });
  const real = { ...host };
  host.fileExists = (path) => virtual.has(path) || real.fileExists(path);
  host.readFile = (path) => virtual.get(path) ?? real.readFile(path);
  host.getSourceFile = (path, language, ...more) => {
    const text = virtual.get(path);
    return text === undefined ? real.getSourceFile(path, language, ...more) : ts.createSourceFile(path, text, language);
  };
  const cache = ts.createModuleResolutionCache(root, (path) => path, options);
  host.resolveModuleNameLiterals = (literals, importer, redirected, given, source) =>
    literals.map((literal) => {
      const own = resolve(dirname(importer), literal.text);
      if (literal.text.startsWith(".") && virtual.has(own)) {
        return { resolvedModule: { resolvedFileName: own, extension: ts.Extension.Ts } };
      }
      const mode = ts.getModeForUsageLocation(source, literal, given);
      return ts.resolveModuleName(literal.text, inProject(importer), given, real, cache, redirected, mode);
    });
  return host;
}

/** Where a program's file would be in the project. */
function inProject(path: string): string {
  const [folder = "", ...rest] = relative(root, path).split(sep);
  return /^case-\d+$/.test(folder) ? join(root, ...rest) : path;
}
