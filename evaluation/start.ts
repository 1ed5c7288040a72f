import * as z from "zod";

/** A stack to evaluate, with its config as the Pulumi SDK takes it. */
export const ProgramStart = z.object({
  /** The program's file, absolute. */
  entry: z.string(),
  project: z.string(),
  stack: z.string(),
  config: z.record(z.string(), z.string()),
});
export type ProgramStart = z.infer<typeof ProgramStart>;

/** What provisioning gave: the physical id and the outputs (the inputs are echoed beneath them). */
export const Provisioned = z.object({ id: z.string(), outputs: z.record(z.string(), z.unknown()) });
export type Provisioned = z.infer<typeof Provisioned>;
