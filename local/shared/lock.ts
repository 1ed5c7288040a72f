import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { diskFailure } from "./disk.ts";
import { LocalCloudError, messageOf } from "./names.ts";
import type { Part } from "./parts.ts";

/** The file that holds the lock; `--fresh` leaves it. */
export const lockFile = "lock";

/** What to lock. */
export interface LockArgs {
  /** The state folder, which exists. */
  readonly state: string;
}

/**
 * Takes a state folder for this process. The lock is SQLite's own on a file, so the operating system gives it back
 * however the process ends, and no stale file is ever in the way.
 */
export async function start({ state }: LockArgs): Promise<Part> {
  const file = join(state, lockFile);
  try {
    const database = new DatabaseSync(file);
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return { stop: async () => database.close() };
  } catch (error) {
    throw new LocalCloudError(refusal(state, file, messageOf(error)));
  }
}

function refusal(state: string, file: string, reason: string): string {
  if (/locked/.test(reason))
    return `${state} is in use by another local cloud. Stop that one, or choose a folder with --state DIR.`;
  const failure = statSync(file, { throwIfNoEntry: false })?.isFile() === false ? undefined : diskFailure(file, reason);
  return failure ?? `${file} cannot be a lock (${reason}). Delete it and start again: a lock holds no data.`;
}
