import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { LocalCloudError } from "./names.ts";
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
  const database = new DatabaseSync(join(state, lockFile));
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch {
    throw new LocalCloudError(
      `${state} is in use by another local cloud. Stop that one, or choose a folder with --state DIR.`,
    );
  }
  return { stop: async () => database.close() };
}
