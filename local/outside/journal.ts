import { appendFileSync, closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import type * as z from "zod";
import { parseJson } from "../shared/json.ts";
import { replaceFile } from "../shared/replace-file.ts";

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

/** A file to which nothing is appended for so long is closed: opening it costs more than a line. */
const IDLE_MS = 1_000;

/** Opens the list in `file`. A last line that a kill cut short is left out. */
export function openJournal<T>(file: string, schema: z.ZodType<T>): ErasableJournal<T> {
  const entries: T[] = [];
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  if (lines.at(-1) !== "" && lines.length > 0) appendFileSync(file, "\n");
  for (const line of lines) {
    const parsed = schema.safeParse(parseJson(line));
    if (parsed.success) entries.push(parsed.data);
  }
  let open: { readonly descriptor: number; readonly closing: NodeJS.Timeout } | undefined;
  const close = (): void => {
    if (open === undefined) return;
    clearTimeout(open.closing);
    closeSync(open.descriptor);
    open = undefined;
  };
  const opened = () => ({ descriptor: openSync(file, "a"), closing: setTimeout(close, IDLE_MS).unref() });
  return {
    entries,
    append: (entry) => {
      open ??= opened();
      open.closing.refresh();
      writeWhole(open.descriptor, `${JSON.stringify(entry)}\n`);
      entries.push(entry);
    },
    remove: (fits) => {
      const kept = entries.filter((entry) => !fits(entry));
      const removed = entries.length - kept.length;
      if (removed === 0) return 0;
      close();
      replaceFile(file, kept.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
      entries.splice(0, Infinity, ...kept);
      return removed;
    },
  };
}

/** A disk that is nearly full takes a part of it. */
function writeWhole(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
}
