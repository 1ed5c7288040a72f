import { distance } from "fastest-levenshtein";
import * as z from "zod";

/**
 * Parses a value by its schema.
 * @param at The value's path in the config; empty for the whole.
 * @param mistakes Each mistake is added as a line: path, rule, what was got.
 */
export function check<S extends z.ZodType>(
  schema: S,
  value: unknown,
  at: string,
  mistakes: string[],
): z.output<S> | undefined {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  for (const issue of error.issues) {
    const path = [...(at ? [at] : []), ...issue.path.map(String)].join(".");
    if (issue.code === "unrecognized_keys") {
      const names = keysAt(schema, issue.path);
      mistakes.push(
        ...issue.keys.map((key) => `${path ? `${path}.` : ""}${key}: is not a key; ${suggest(key, names)}`),
      );
    } else {
      const got = issue.path.reduce<unknown>((inner, key) => (isRecord(inner) ? inner[String(key)] : undefined), value);
      mistakes.push(`${path || "config"}: ${issue.message}; got ${JSON.stringify(got) ?? "nothing"}`);
    }
  }
  return undefined;
}

/** The keys that the schema knows at a path. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) return keysAt(schema.unwrap(), path);
  if (!(schema instanceof z.ZodObject)) return [];
  const { shape }: { shape: Readonly<Record<string, z.core.$ZodType>> } = schema;
  const [key, ...rest] = path;
  if (key === undefined) return Object.keys(shape);
  const inner = shape[String(key)];
  return inner ? keysAt(inner, rest) : [];
}

/** The nearest of the known names, when a slip of the finger explains it, and all of them. */
export function suggest(name: string, known: readonly string[]): string {
  const [nearest] = known
    .map((candidate) => ({ candidate, slips: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ slips }) => slips <= 3)
    .sort((a, b) => a.slips - b.slips);
  const all = known.length > 0 ? `known: ${[...known].sort().join(", ")}` : "none is known here";
  return nearest ? `did you mean "${nearest.candidate}"? (${all})` : all;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
