import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import type { Resource } from "../../evaluation/evaluated.ts";
import { evaluateStart, readStart, type Program } from "../../evaluation/evaluate.ts";
import { cachedEvaluation } from "./evaluation-cache.ts";

export type { Program, Resource };

/** Every resource of a stack by its URN. */
export type Graph = ReadonlyMap<string, Resource>;

/** The project's folder. */
export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/**
 * Every resource of one of the tests' stacks by URN, its inputs resolved. `over` is merged into the project's part of the
 * stack's config as a merge patch: null takes a key out (RFC 7396).
 * @throws Error with the message of what the program threw.
 */
export const evaluate = async (stack: string, over: object = {}): Promise<Graph> =>
  (await evaluateProgram({ stack, over })).resources;

/** What to evaluate: a stack, the folder of its file, and the folder of the project. */
interface Asked {
  readonly stack?: string;
  readonly over?: object;
  readonly from?: string;
  /** Default the tests' own stacks; `root` has those of the project. */
  readonly stacks?: string;
}

const startOf = ({ stack = "dev", over = {}, from = root, stacks = join(root, "tests/stacks") }: Asked) =>
  readStart({ from, file: join(stacks, `Pulumi.${stack}.yaml`), over });

/** Evaluates a program in a process of its own, and once for the same inputs; one of another folder in each process. */
export function evaluateProgram(asked: Asked = {}): Promise<Program> {
  const key = JSON.stringify([asked.stack, asked.over, asked.from, asked.stacks]);
  const evaluated =
    evaluations.get(key) ??
    startOf(asked).then((start) =>
      asked.from === undefined ? cachedEvaluation(root, start, evaluateStart) : evaluateStart(start),
    );
  evaluations.set(key, evaluated);
  return evaluated;
}
const evaluations = new Map<string, Promise<Program>>();

/** Made-up values for what only the owner of a shop has, and Pulumi.prod.yaml leaves out: a merge patch. */
export const ownersValues = async (): Promise<object> =>
  z.record(z.string(), z.unknown()).parse(JSON.parse(await readFile(join(root, "policy/production.json"), "utf8")));

/** The project's part of a stack's config, as the program gets it. */
export async function configOf(asked: Asked): Promise<Record<string, unknown>> {
  const { config, project } = await startOf(asked);
  const own = Object.entries(config).filter(([key]) => key.startsWith(`${project}:`));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(project.length + 1), parsed(value)]));
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
