import * as z from "zod";

/** The stack that the forked process evaluates, with its config as the Pulumi SDK wants it. */
export const ProgramStart = z.object({
  entry: z.string(),
  project: z.string(),
  stack: z.string(),
  config: z.record(z.string(), z.string()),
});
export type ProgramStart = z.infer<typeof ProgramStart>;

/** One resource as the program registered it: inputs resolved, secrets unwrapped, archives as plain records. */
export interface ProgramResource {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** What provisioning gave: the physical id and the outputs (the inputs are echoed beneath them). */
export const Provisioned = z.object({ id: z.string(), outputs: z.record(z.string(), z.unknown()) });
export type Provisioned = z.infer<typeof Provisioned>;

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
