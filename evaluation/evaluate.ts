import { fork } from "node:child_process";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import * as z from "zod";
import type { ChildStart } from "./child.ts";
import { Evaluated } from "./evaluated.ts";
import type { ProgramStart } from "./start.ts";

/** A whole evaluation: the graph, the content of every file in an archive by its SHA-256, and the exports. */
export type Program = Omit<Extract<Evaluated, { kind: "done" }>, "kind">;

const child = fileURLToPath(new URL("./child.ts", import.meta.url));

/**
 * Evaluates a program in a process of its own, in which the answers of AWS are made up and are the same each time.
 * @throws Error with the message of what the program threw.
 */
export function evaluateStart(start: ProgramStart, { maskSecrets = false } = {}): Promise<Program> {
  return new Promise((resolve, reject) => {
    const forked = fork(child, [JSON.stringify({ start, maskSecrets } satisfies ChildStart)], {
      cwd: join(start.entry, ".."),
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      execArgv: [],
    });
    let written = "";
    forked.stderr?.on("data", (chunk: Buffer) => (written += chunk.toString()));
    forked.on("message", (message) => {
      const evaluated = Evaluated.parse(message);
      if (evaluated.kind === "done") resolve(evaluated);
      else reject(new Error(evaluated.message));
    });
    forked.on("error", reject);
    forked.on("exit", (code) => reject(new Error(`the program's process ended with code ${code}: ${written}`)));
  });
}

const Project = z.object({ name: z.string() });
const Stack = z.object({ config: z.record(z.string(), z.unknown()).optional() });

/** What to evaluate: a project's folder, and the file of the stack's config. */
export interface StackFile {
  /** The project's folder, absolute. */
  readonly from: string;
  /** The stack's config, absolute: its name is the stack's, as in `Pulumi.dev.yaml`. */
  readonly file: string;
  /** Merged into the project's part of the config as a merge patch: null takes a key out (RFC 7396). */
  readonly over: object;
}

/**
 * Reads a project and the config of one of its stacks. An encrypted value (`secure:`) becomes the text "[secret]".
 * @throws Error of the file system or of the YAML parser; ZodError where a file is no project or no stack.
 */
export async function readStart({ from, file, over }: StackFile): Promise<ProgramStart> {
  const { name: project } = Project.parse(parse(await readFile(join(from, "Pulumi.yaml"), "utf8")));
  const { config = {} } = Stack.parse(parse(await readFile(file, "utf8")));
  const patch = Object.fromEntries(Object.entries(over).map(([key, value]) => [`${project}:${key}`, value]));
  const merged = Object.entries(z.record(z.string(), z.unknown()).parse(mergePatch(config, patch)));
  const texts = merged.map(([key, value]) => {
    const plain = withoutSecure(value);
    return [key, typeof plain === "string" ? plain : JSON.stringify(plain)];
  });
  return {
    entry: join(from, "index.ts"),
    project,
    stack: /^Pulumi\.(.+)\.yaml$/.exec(basename(file))?.[1] ?? basename(file),
    config: z.record(z.string(), z.string()).parse(Object.fromEntries(texts)),
  };
}

/** JSON Merge Patch: https://www.rfc-editor.org/rfc/rfc7396. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}

/** Without the key, nobody can decrypt what https://www.pulumi.com/docs/iac/concepts/secrets/ writes as `secure:`. */
function withoutSecure(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecure);
  if (!isObject(value)) return value;
  if (typeof value["secure"] === "string" && Object.keys(value).length === 1) return SECRET_MARK;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSecure(inner)]));
}

const SECRET_MARK = "[secret]";

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
