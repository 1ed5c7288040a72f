import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { evaluateStart, readStart, type Program } from "../../evaluation/evaluate.ts";
import type { ProgramStart } from "../../evaluation/start.ts";
import { CommandError, unknownName } from "./console.ts";
import { readPatch } from "./patch.ts";

/** The flags of a command that evaluates the program for a stack, beside its own. */
export const stackOptions = {
  stack: { type: "string", default: "dev" },
  set: { type: "string", default: "{}" },
} as const;

/** A stack's config, and the graph that the program makes of it. */
export type StackGraph = Pick<ProgramStart, "config" | "project"> & Pick<Program, "resources">;

/**
 * Evaluates the program of this folder for one of its stacks. Secrets are "[secret]".
 * @param given The stack's name, and a patch of its config as `readPatch` reads it.
 * @throws CommandError about a stack that is not there, a wrong patch, or with what the program threw.
 */
export async function evaluateStack(given: { readonly stack: string; readonly set: string }): Promise<StackGraph> {
  const from = process.cwd();
  const over = await readPatch(given.set);
  const stacks = (await readdir(from)).flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
  if (!stacks.includes(given.stack)) throw unknownName("stack", given.stack, stacks.sort(), 2);
  const start = await readStart({ from, file: join(from, `Pulumi.${given.stack}.yaml`), over });
  const { resources } = await evaluateStart(start, { maskSecrets: true }).catch((error: unknown) => {
    throw new CommandError(error instanceof Error ? error.message : String(error));
  });
  return { ...start, resources };
}
