import { join } from "node:path";
import ts from "typescript";
import { root } from "./evaluate.ts";

export interface Diagnosis {
  code: number;
  message: string;
}

/**
 * What TypeScript says of pieces of code, each a module of its own beside index.ts, in one run with the project's own
 * options. That a name is not used is no error in them.
 */
export function diagnose(codes: Readonly<Record<string, string>>): Map<string, Diagnosis[]> {
  const files = new Map(
    Object.entries(codes).map(([name, code], index) => [join(root, `case-${index}.ts`), { name, code }]),
  );
  const config: unknown = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)).config;
  const { options } = ts.parseJsonConfigFileContent(config, { ...ts.sys, readDirectory: () => [] }, root);
  const host = ts.createCompilerHost({ ...options });
  const real = { ...host };
  host.fileExists = (path) => files.has(path) || real.fileExists(path);
  host.readFile = (path) => files.get(path)?.code ?? real.readFile(path);
  host.getSourceFile = (path, language, ...more) => {
    const code = files.get(path)?.code;
    return code === undefined ? real.getSourceFile(path, language, ...more) : ts.createSourceFile(path, code, language);
  };
  const program = ts.createProgram({
    rootNames: [...files.keys()],
    options: { ...options, noUnusedLocals: false, noUnusedParameters: false },
    host,
  });
  return new Map(
    [...files].map(([path, { name }]) => {
      const source = program.getSourceFile(path);
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [
        name,
        found.map(({ code, messageText }) => ({ code, message: ts.flattenDiagnosticMessageText(messageText, "\n") })),
      ];
    }),
  );
}
