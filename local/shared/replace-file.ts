import { renameSync, writeFileSync } from "node:fs";

/** Beside a file that is being replaced: a kill leaves it, and the next replacement writes over it. */
export const halfOf = (file: string): string => `${file}.half`;

/** Writes a file for its user alone, which is at every moment either whole or as it was before. */
export function replaceFile(file: string, content: string): void {
  writeFileSync(halfOf(file), content, { mode: 0o600 });
  renameSync(halfOf(file), file);
}
