import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lockFile } from "./lock.ts";

/** Removes the outputs of an earlier run, or everything but the lock. */
export function clearState(state: string, fresh: boolean): void {
  if (fresh)
    for (const name of readdirSync(state)) if (name !== lockFile) rmSync(join(state, name), { recursive: true });
  rmSync(join(state, "outputs.json"), { force: true });
  rmSync(join(state, "token"), { force: true });
}

/** Writes the token of this start, for its user's eyes alone. */
export function writeToken(state: string, token: string): void {
  writeFileSync(join(state, "token"), token, { mode: 0o600 });
}

/** Writes outputs.json, which is either whole or absent. */
export function writeOutputs(state: string, outputs: Record<string, unknown>): void {
  const text = `${JSON.stringify(outputs, undefined, 2)}\n`;
  writeFileSync(join(state, "outputs.json.half"), text, { mode: 0o600 });
  renameSync(join(state, "outputs.json.half"), join(state, "outputs.json"));
}
