import * as z from "zod";

/** A resource as the program registered it. */
export const Resource = z.object({
  type: z.string(),
  name: z.string(),
  /** The parent's URN. */
  parent: z.string(),
  custom: z.boolean(),
  /** Resolved, secrets unwrapped; an archive is its files, each with its content's SHA-256. */
  inputs: z.record(z.string(), z.unknown()),
  /** URNs of all that it waits for: its `dependsOn`, and whatever its inputs come from. */
  dependsOn: z.array(z.string()),
  /** The URNs that each input comes from, where it comes from any. */
  references: z.record(z.string(), z.array(z.string())),
  protect: z.boolean(),
  /** The inputs whose changes no update follows. */
  ignoreChanges: z.array(z.string()).default([]),
  /** URNs that it may have had, by its aliases and its ancestors'. */
  formerUrns: z.array(z.string()),
});
export type Resource = z.output<typeof Resource>;

/** What the child process answers. */
export const Evaluated = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("done"),
    resources: z.map(z.string(), Resource),
    /** Every file of every archive, by its SHA-256. */
    files: z.map(z.string(), z.instanceof(Uint8Array)),
    /** What the program exports. */
    exports: z.record(z.string(), z.unknown()),
  }),
  z.object({ kind: z.literal("failed"), message: z.string() }),
]);
export type Evaluated = z.output<typeof Evaluated>;
