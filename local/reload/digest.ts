/** What a definition says at run time alone: its handler. */
const BODIES = new Set(["handle", "handleBatch"]);

/**
 * All that a definition declares, as a text that is the same for the same declaration: a function counts by its source
 * (a schema's `refine`), the handler itself does not.
 */
export function digestOf(definition: unknown): string {
  const seen = new Map<unknown, number>();
  const digest = (value: unknown): unknown => {
    if (typeof value === "function") return `function ${value.toString()}`;
    if (typeof value !== "object" || value === null) return typeof value === "bigint" ? `${value}n` : value;
    if (value instanceof RegExp || value instanceof Date || value instanceof URL) return String(value);
    const known = seen.get(value);
    if (known !== undefined) return `the ${known}th`;
    seen.set(value, seen.size);
    if (Array.isArray(value) || value instanceof Set) return [...value].map(digest);
    if (value instanceof Map) return [...value].map(([key, one]) => [digest(key), digest(one)]);
    const declared = schemaOf(value) ?? value;
    return Object.entries(declared).map(([key, one]) => [key, digest(one)]);
  };
  if (typeof definition !== "object" || definition === null) return JSON.stringify(digest(definition)) ?? "undefined";
  const entries = Object.entries(definition).filter(([key]) => !BODIES.has(key));
  return JSON.stringify(entries.map(([key, value]) => [key, digest(value)]));
}

/** What a zod schema was made of: https://zod.dev/library-authors. Its methods say nothing more. */
function schemaOf(value: object): object | undefined {
  if (!("_zod" in value) || typeof value._zod !== "object" || value._zod === null || !("def" in value._zod))
    return undefined;
  const { def } = value._zod;
  return typeof def === "object" && def !== null ? def : undefined;
}
