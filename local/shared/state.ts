import { accessSync, chmodSync, constants, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lockFile } from "./lock.ts";
import { LocalCloudError } from "./names.ts";
import { replaceFile } from "./replace-file.ts";

/** The file that marks a folder as the state of a local cloud. */
const marker = "local-cloud";
const markerText = "The state of order-fanout's local cloud. `npm start -- --fresh` deletes it.\n";

/** Whether a file or a folder in the state folder is the local cloud's: nothing else is ever deleted. */
export const isOurs = (name: string): boolean =>
  [marker, lockFile, `${lockFile}-journal`, "code", "logs", "token", "catalogue-loaded", "issuer-key.json"].includes(
    name,
  ) ||
  /^((dynamodb|fauxqs|history)\.db(-wal|-shm|-journal)?|((outputs|parameters)\.json|[\w.-]+\.jsonl)(\.half)?)$/.test(
    name,
  );

/** Whether these are the names of a state that a version before the marker left. */
const isUnmarkedState = (names: readonly string[]): boolean =>
  names.every(isOurs) && names.includes(lockFile) && names.some((name) => name.endsWith(".db"));

/**
 * Makes the folder for the state, or takes the one of an earlier run, and closes it to other users.
 * @throws LocalCloudError where the folder holds other files and no state, or cannot be written.
 */
export function takeFolder(state: string): void {
  try {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    const names = readdirSync(state);
    if (names.length > 0 && !names.includes(marker) && !isUnmarkedState(names)) throw notOurs(state, names);
    accessSync(state, constants.W_OK);
    if (process.platform !== "win32") chmodSync(state, 0o700);
    writeFileSync(join(state, marker), markerText);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new LocalCloudError(
      `${state} cannot hold the state (${error.message}). Make it a folder that you may write, or choose another with --state DIR.`,
    );
  }
}

function notOurs(state: string, names: readonly string[]): LocalCloudError {
  const strange = names.filter((name) => !isOurs(name));
  const shown = strange.length > 0 ? strange : names;
  const some = shown.slice(0, 3).join(", ") + (shown.length > 3 ? ", ..." : "");
  return new LocalCloudError(
    `${state} holds other files (${some}) and no state of a local cloud: nothing was touched. Choose a new or an empty folder with --state DIR.`,
  );
}

/** Removes the outputs and the token of an earlier run, or with `fresh` everything of ours but the lock. */
export function clearState(state: string, fresh: boolean): void {
  const kept = new Set([lockFile, marker]);
  const names = fresh
    ? readdirSync(state).filter((name) => isOurs(name) && !kept.has(name))
    : ["outputs.json", "token"];
  for (const name of names) rmSync(join(state, name), { recursive: true, force: true });
}

/** Writes the token of this start. Like all of the state it is for this user alone: the process's umask says so. */
export function writeToken(state: string, token: string): void {
  writeFileSync(join(state, "token"), token);
}

/** Writes outputs.json, which is either whole or absent. */
export function writeOutputs(state: string, outputs: Record<string, unknown>): void {
  replaceFile(join(state, "outputs.json"), `${JSON.stringify(outputs, undefined, 2)}\n`);
}
