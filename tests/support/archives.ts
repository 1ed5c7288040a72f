import { zipSync } from "fflate";
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import type { Program } from "./evaluate.ts";
import { ofType } from "./graph.ts";

const run = promisify(execFile);
const CodeOf = z.object({
  handler: z.string(),
  code: z.record(z.string(), z.string()),
  environment: z.object({ variables: z.record(z.string(), z.string()) }),
});

/** A function's archive. */
export interface Archive {
  readonly name: string;
  /** The file that Lambda loads. */
  readonly main: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** With the same time for every file. */
  readonly zip: Uint8Array;
  /** The function's environment. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Every function's archive, by its name. */
export function archives({ resources, files }: Program): Archive[] {
  return ofType(resources, "aws:lambda/function:Function")
    .map(([, { name, inputs }]) => {
      const { code, handler, environment } = CodeOf.parse(inputs);
      const contents = Object.fromEntries(
        Object.entries(code).map(([file, sha256]) => [file, files.get(sha256) ?? new Uint8Array()]),
      );
      const zip = zipSync(contents, { level: 9, mtime: new Date(1980, 0, 1) });
      const { variables } = environment;
      return { name, main: `${handler.split(".")[0]}.js`, files: contents, zip, variables };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Unpacks an archive into a folder of its own. */
export async function unpack({ name, files }: Archive, into: string): Promise<string> {
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(into, name, file)), { recursive: true });
    await writeFile(join(into, name, file), content);
  }
  return join(into, name);
}

/** What a script prints in an unpacked archive, with the function's environment. */
export async function runIn(cwd: string, script: string, { variables }: Pick<Archive, "variables">): Promise<string> {
  const env = { AWS_REGION: "eu-west-1", NODE_ENV: "production", ...variables };
  return (await run(process.execPath, ["-e", script], { cwd, env })).stdout;
}

const Loaded = z.object({ ms: z.number(), handlers: z.array(z.string()) });

/** How long a fresh process takes to load a function's file, in milliseconds, and what that exports. */
export async function load(folder: string, archive: Archive): Promise<z.output<typeof Loaded>> {
  const script = `const from = performance.now(); const loaded = require("./${archive.main}");
    process.stdout.write(JSON.stringify({ ms: performance.now() - from, handlers: Object.keys(loaded) }))`;
  return Loaded.parse(JSON.parse(await runIn(folder, script, archive)));
}
