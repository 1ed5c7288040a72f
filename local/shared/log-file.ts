import { open, type FileHandle } from "node:fs/promises";

/** A line of a function's log file: where it begins, when it was written (ms since 1970), and its text. */
export interface StoredLine {
  readonly offset: number;
  readonly at: number;
  readonly text: string;
}

/** As many bytes are read at a time. */
const CHUNK = 1024 * 1024;
/** Lines of a file are in the order in which they arrived, which differs from that of their times by less than this. */
const DISORDER_MS = 10_000;

/**
 * The whole lines of a file from an offset on, about a megabyte of them, and the offset at which the rest begins, if
 * there is a rest. A file that is not there is empty.
 */
export async function readLines(path: string, from: number): Promise<{ lines: StoredLine[]; rest?: number }> {
  return withFile(path, { lines: [] }, async (file, size) => {
    const text = await bytes(file, from, size);
    const lines = parse(text, from);
    const end = from + text.length;
    return { lines, ...(end < size && text.length > 0 && { rest: end }) };
  });
}

/** The offset of a line that is older than the time, and not by much: read from the end backwards, in growing steps. */
export async function offsetBefore(path: string, at: number): Promise<number> {
  return withFile(path, 0, async (file, size) => {
    for (let back = 64 * 1024; back < size; back *= 4) {
      const from = size - back;
      const text = await bytes(file, from, size);
      const partial = text.indexOf("\n") + 1;
      const [first] = parse(text.subarray(partial), from + partial);
      if (first && first.at < at - DISORDER_MS) return first.offset;
    }
    return 0;
  });
}

async function withFile<T>(path: string, none: T, use: (file: FileHandle, size: number) => Promise<T>): Promise<T> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return none;
    throw error;
  }
  try {
    return await use(file, (await file.stat()).size);
  } finally {
    await file.close();
  }
}

/** A chunk up to its last line break; a line that is longer than a chunk is read as a whole. */
async function bytes(file: FileHandle, from: number, size: number): Promise<Buffer> {
  for (let length = CHUNK; ; length *= 2) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(length, size - from)), 0, null, from);
    const whole = buffer.subarray(0, bytesRead).lastIndexOf("\n") + 1;
    if (whole > 0 || from + length >= size) return buffer.subarray(0, whole);
  }
}

function parse(text: Buffer, from: number): StoredLine[] {
  const lines: StoredLine[] = [];
  let at = 0;
  for (let start = 0; start < text.length;) {
    const end = text.indexOf("\n", start);
    const line = text.toString("utf8", start, end);
    const [prefix = "", own, given] = /^(?:\{"timestamp":"([^"]+)|(\d{4}-\d\d-\d\dT[\d:.]+Z) )/.exec(line) ?? [];
    const stamped = Date.parse(own ?? given ?? "");
    if (!Number.isNaN(stamped)) at = stamped;
    lines.push({ offset: from + start, at, text: given === undefined ? line : line.slice(prefix.length) });
    start = end + 1;
  }
  return lines;
}
