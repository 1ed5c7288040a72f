import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../support/evaluate.ts";

/** A finding that the project lives with: the check, a pattern for the whole address of a resource, and the reason. */
export interface Accepted {
  readonly check: string;
  readonly resource: RegExp;
  /** The stack that it is accepted in, where its reason begins with one: `dev: ...`. Otherwise every one. */
  readonly stack: string | undefined;
  readonly reason: string;
}

/** The rows of `policy/checkov.tsv`: three cells, tabs between them; a line that begins with # is a comment. */
export async function readAccepted(): Promise<Accepted[]> {
  const text = await readFile(join(root, "policy/checkov.tsv"), "utf8");
  return text
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line) => {
      const [check = "", pattern = "", reason = ""] = line.split("\t").map((cell) => cell.trim());
      if (reason === "")
        throw new Error(`policy/checkov.tsv: a row is check, tab, resource, tab, reason; got "${line}"`);
      const stack = /^(\w+): /.exec(reason)?.[1];
      return { check, resource: new RegExp(`^(?:${pattern})$`), stack, reason };
    });
}
