import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type * as z from "zod";
import { parseJson } from "../shared/json.ts";

/** A list that survives the process: one JSON line an entry, appended before the caller is answered. */
export interface Journal<T> {
  readonly entries: readonly T[];
  append(entry: T): void;
}

/** A list whose entries can be forgotten. */
export interface ErasableJournal<T> extends Journal<T> {
  /** Forgets the entries that fit, in the file too; gives their number. */
  remove(fits: (entry: T) => boolean): number;
}

/** Opens the list in `file`. A last line that a kill cut short is left out. */
export function openJournal<T>(file: string, schema: z.ZodType<T>): ErasableJournal<T> {
  const entries: T[] = [];
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  if (lines.at(-1) !== "" && lines.length > 0) appendFileSync(file, "\n");
  for (const line of lines) {
    const parsed = schema.safeParse(parseJson(line));
    if (parsed.success) entries.push(parsed.data);
  }
  return {
    entries,
    append: (entry) => {
      appendFileSync(file, `${JSON.stringify(entry)}\n`);
      entries.push(entry);
    },
    remove: (fits) => {
      const kept = entries.filter((entry) => !fits(entry));
      const removed = entries.length - kept.length;
      if (removed === 0) return 0;
      writeFileSync(`${file}.half`, kept.map((entry) => `${JSON.stringify(entry)}\n`).join(""), { mode: 0o600 });
      renameSync(`${file}.half`, file);
      entries.splice(0, Infinity, ...kept);
      return removed;
    },
  };
}
