import { messageOf } from "./names.ts";

/** What a failed write means, for the person; `reason` is SQLite's message or the system's. Undefined for anything else. */
export function diskFailure(file: string, reason: string): string | undefined {
  if (/disk is full|ENOSPC|EDQUOT/i.test(reason))
    return `The disk is full (${file}): make room. Nothing that was accepted is lost; what waits is tried again.`;
  if (/readonly|read-only|EROFS|EACCES|unable to open/i.test(reason))
    return `${file} cannot be written (${reason}). Make it writable for you, or choose another folder with --state DIR.`;
  return undefined;
}

/** Takes failures to write, and says each kind once a minute. */
export type DiskTrouble = (file: string, error: unknown) => void;

const quietMs = 60_000;

export function createDiskTrouble(say: (line: string) => void): DiskTrouble {
  const saidAt = new Map<string, number>();
  return (file, error) => {
    const line =
      diskFailure(file, messageOf(error)) ?? `${file} cannot be written: ${messageOf(error)}. It is tried again.`;
    const now = performance.now();
    if (now - (saidAt.get(line) ?? -Infinity) < quietMs) return;
    saidAt.set(line, now);
    say(line);
  };
}
