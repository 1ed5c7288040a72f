import * as z from "zod";
import { ProgramStart, Provisioned } from "../../evaluation/start.ts";

export { ProgramStart, Provisioned };

/** One resource as the program registered it: inputs resolved, secrets unwrapped, archives as plain records. */
export interface ProgramResource {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

const Inputs = z.record(z.string(), z.unknown());

/** From the program's process. */
export const FromProgram = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("resource"),
    call: z.number(),
    type: z.string(),
    name: z.string(),
    urn: z.string(),
    inputs: Inputs,
  }),
  z.object({ kind: z.literal("done"), exports: Inputs }),
  z.object({ kind: z.literal("failed"), message: z.string() }),
]);
export type FromProgram = z.infer<typeof FromProgram>;

/** To the program's process: the stack to evaluate, then the answer to each call. A failed call is never answered. */
export const ToProgram = z.union([
  z.object({ start: ProgramStart }),
  z.object({ call: z.number(), answer: z.record(z.string(), z.unknown()) }),
]);
export type ToProgram = z.infer<typeof ToProgram>;
