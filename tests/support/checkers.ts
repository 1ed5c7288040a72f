import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join, resolve } from "node:path";

/** The virtual environment of the checkers that are written in Python, in the project's folder. */
const VENV = ".venv";

/**
 * Where a checker is, in the virtual environment or on the path; where it is not, the process ends with 2 and says how to get
 * it.
 */
export function requireChecker(name: string, requirements: string): string {
  const folders = [resolve(VENV, "bin"), ...(process.env["PATH"] ?? "").split(delimiter)];
  const file = folders.map((folder) => join(folder, name)).find(isExecutable);
  if (file !== undefined) return file;
  console.error(
    `${name} is neither in ${VENV} nor on the path. Install it with Python 3.10 or later:\n  python3 -m venv ${VENV} && ${VENV}/bin/pip install -r ${requirements}`,
  );
  process.exit(2);
}

/** Runs a checker in the project's folder, its output on this terminal, and gives its exit code. */
export function runChecker(file: string, words: readonly string[]): number {
  const { status, error } = spawnSync(file, words, { stdio: "inherit" });
  if (error) throw error;
  return status ?? 1;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
