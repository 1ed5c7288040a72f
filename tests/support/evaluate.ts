import { fork } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import * as z from "zod";
import type { ProgramStart } from "../../local/program/protocol.ts";
import { Evaluated, type Resource } from "./evaluation.ts";

export type { Resource } from "./evaluation.ts";

/** Every resource of a stack by its URN. */
export type Graph = ReadonlyMap<string, Resource>;

/** The project's folder. */
export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** A whole evaluation: the graph, the content of every file in an archive by its SHA-256, and the exports. */
export type Program = Omit<Extract<Evaluated, { kind: "done" }>, "kind">;

/**
 * Every resource of a stack by URN, its inputs resolved. `over` is merged into the project's part of the stack's config
 * as a merge patch: null takes a key out (RFC 7396).
 * @throws Error with the message of what the program threw.
 */
export const evaluate = async (stack: string, over: object = {}): Promise<Graph> =>
  (await evaluateProgram({ stack, over })).resources;

/** Evaluates a program in a process of its own, and once for the same arguments. */
export function evaluateProgram({ stack = "dev", over = {}, from = root }): Promise<Program> {
  const key = JSON.stringify([stack, over, from]);
  const evaluated = evaluations.get(key) ?? runChild(stack, over, from);
  evaluations.set(key, evaluated);
  return evaluated;
}
const evaluations = new Map<string, Promise<Program>>();

const child = fileURLToPath(new URL("./evaluate-child.ts", import.meta.url));

async function runChild(stack: string, over: object, from: string): Promise<Program> {
  const evaluation = await evaluationOf(stack, over, from);
  return new Promise((resolve, reject) => {
    const forked = fork(child, [JSON.stringify(evaluation)], {
      cwd: from,
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
const Stack = z.object({ config: z.record(z.string(), z.unknown()) });

async function evaluationOf(stack: string, over: object, from: string): Promise<ProgramStart> {
  const { name: project } = Project.parse(parse(await readFile(join(from, "Pulumi.yaml"), "utf8")));
  const { config } = Stack.parse(parse(await readFile(join(root, `tests/stacks/Pulumi.${stack}.yaml`), "utf8")));
  const patch = Object.fromEntries(Object.entries(over).map(([key, value]) => [`${project}:${key}`, value]));
  const merged = Object.entries(z.record(z.string(), z.unknown()).parse(mergePatch(config, patch)));
  const texts = merged.map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]);
  const entry = join(from, "index.ts");
  return { entry, project, stack, config: z.record(z.string(), z.string()).parse(Object.fromEntries(texts)) };
}

/** JSON Merge Patch: https://www.rfc-editor.org/rfc/rfc7396. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
