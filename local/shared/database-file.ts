import { existsSync, readFileSync, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { diskFailure } from "./disk.ts";
import { LocalCloudError, messageOf } from "./names.ts";

const keep = "Put back a copy, or move it away and begin without what it held, or start with --fresh.";

/**
 * Opens a database that an earlier run may have left.
 * @throws LocalCloudError where it is damaged, or the disk refuses it, naming the file and what to do.
 */
export function openDatabaseFile<T>(file: string, open: () => T): T {
  inspectDatabase(file);
  try {
    return open();
  } catch (error) {
    const reason = messageOf(error);
    const failure = diskFailure(file, reason);
    throw failure === undefined ? unreadable(file, reason) : new LocalCloudError(failure);
  }
}

/** Does several writes as one. SQLite itself takes them back when the disk is full: there is nothing to roll back then. */
export function inTransaction(database: DatabaseSync, act: () => void): void {
  database.exec("BEGIN");
  try {
    act();
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/**
 * Looks whether SQLite would silently leave out what an earlier run wrote to a database: SQLite takes an empty file for a
 * new database, and ignores a write-ahead log (WAL) from its first damaged frame on.
 * @throws LocalCloudError naming the file, and what to do.
 */
export function inspectDatabase(file: string): void {
  const wal = `${file}-wal`;
  const log = existsSync(wal) ? readFileSync(wal) : Buffer.alloc(0);
  if (!existsSync(file)) {
    if (log.length > 0) throw damaged(file, "is gone, and the log beside it is of no use without it");
  } else if (statSync(file).size === 0) throw damaged(file, "is empty");
  if (isDamaged(log)) throw damaged(wal, "is damaged: what it holds last would be left out without a word");
}

/** The error about a file that SQLite does not take for a database. */
export const unreadable = (file: string, reason: string): LocalCloudError =>
  damaged(file, `cannot be read as a database (${reason})`);

const damaged = (file: string, what: string) => new LocalCloudError(`${file} ${what}. ${keep}`);

/** The last bit says whether checksums are of big-endian words. */
const MAGIC = 0x377f0682;
const HEADER = 32;
const FRAME_HEADER = 24;

/**
 * Whether a whole commit lies behind the first frame that is not valid. A frame's checksum goes on from the one of the
 * frame before; frames of an earlier generation have other salts. A process that is killed leaves frames without a
 * commit, or a torn one: https://www.sqlite.org/fileformat.html#walformat.
 */
function isDamaged(log: Buffer): boolean {
  if (log.length === 0) return false;
  if (log.length < HEADER) return true;
  const magic = log.readUInt32BE(0);
  const words = magic % 2 === 1 ? "readUInt32BE" : "readUInt32LE";
  const stored = (at: number): Sum => [log.readUInt32BE(at), log.readUInt32BE(at + 4)];
  const isSumOf = (at: number, before: Sum, ...parts: readonly Buffer[]): boolean => {
    const [one, two] = parts.reduce((sum, part) => add(sum, part, words), before);
    return stored(at)[0] === one && stored(at)[1] === two;
  };
  if (magic >>> 1 !== MAGIC >>> 1 || !isSumOf(24, [0, 0], log.subarray(0, 24))) return true;
  const salts = log.subarray(16, 24);
  const size = FRAME_HEADER + log.readUInt32BE(8);
  let before = stored(24);
  let whole = true;
  for (let at = HEADER; at + size <= log.length; at += size) {
    const page = log.subarray(at + FRAME_HEADER, at + size);
    const valid =
      log.subarray(at + 8, at + 16).equals(salts) && isSumOf(at + 16, before, log.subarray(at, at + 8), page);
    const commits = log.readUInt32BE(at + 4) !== 0;
    if (!whole && valid && commits) return true;
    whole &&= valid;
    before = stored(at + 16);
  }
  return false;
}

/** The two words of a checksum. */
type Sum = readonly [number, number];

function add(sum: Sum, bytes: Buffer, words: "readUInt32BE" | "readUInt32LE"): Sum {
  let [one, two] = sum;
  for (let at = 0; at < bytes.length; at += 8) {
    one = (one + bytes[words](at) + two) >>> 0;
    two = (two + bytes[words](at + 4) + one) >>> 0;
  }
  return [one, two];
}
