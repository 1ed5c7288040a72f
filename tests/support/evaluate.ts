import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Resource } from "../../evaluation/evaluated.ts";
import { evaluateStart, readStart, type Program } from "../../evaluation/evaluate.ts";

export type { Program, Resource };

/** Every resource of a stack by its URN. */
export type Graph = ReadonlyMap<string, Resource>;

/** The project's folder. */
export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

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
  const file = join(root, `tests/stacks/Pulumi.${stack}.yaml`);
  const evaluated = evaluations.get(key) ?? readStart({ from, file, over }).then((start) => evaluateStart(start));
  evaluations.set(key, evaluated);
  return evaluated;
}
const evaluations = new Map<string, Promise<Program>>();
