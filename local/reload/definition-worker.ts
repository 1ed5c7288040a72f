// A thread that loads bundles of functions, and gives what they define: broken code ends here, not in the cloud.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { compileFunction, constants } from "node:vm";
import { parentPort } from "node:worker_threads";
import * as z from "zod";
import { PACKAGES_FILE } from "../../bundling/own-code.ts";
import { digestOf } from "./digest.ts";

/** A bundle to load. */
const Ask = z.object({
  file: z.string(),
  /** Names what it takes of packages: the same for bundles that take the same. */
  packages: z.string(),
  environment: z.record(z.string(), z.string()),
});
export type Ask = z.output<typeof Ask>;

/** What it defines, as a text to compare; and why it does not load, also when only its environment is not right for it. */
export const Answer = z.object({
  digest: z.string().optional(),
  failure: z.object({ message: z.string(), stack: z.string() }).optional(),
});
export type Answer = z.output<typeof Answer>;

const packages = new Map<string, unknown>();

function load({ file, packages: key, environment }: Ask): Answer {
  const module: { exports: { definition?: unknown } } = { exports: {} };
  const digest = () => (module.exports.definition === undefined ? {} : { digest: digestOf(module.exports.definition) });
  try {
    for (const name of Object.keys(process.env)) delete process.env[name];
    Object.assign(process.env, environment);
    const require = createRequire(file);
    const take = (name: string): unknown => {
      if (name !== `./${PACKAGES_FILE}`) return require(name);
      const taken: unknown = packages.get(key) ?? require(name);
      packages.set(key, taken);
      return taken;
    };
    const names = ["module", "exports", "require", "__filename", "__dirname"];
    const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
    const body = compileFunction(readFileSync(file, "utf8"), names, { filename: file, importModuleDynamically });
    Reflect.apply(body, module.exports, [module, module.exports, take, file, dirname(file)]);
    return digest();
  } catch (error) {
    const failure =
      error instanceof Error
        ? { message: `${error.name}: ${error.message}`, stack: error.stack ?? "" }
        : { message: `it throws ${String(error)}`, stack: "" };
    return { ...digest(), failure };
  }
}

parentPort?.on("message", (ask) => parentPort?.postMessage(load(Ask.parse(ask))));
