/** Takes lines and hands them on together. */
export interface Gathered {
  readonly add: (line: string) => void;
  /** Hands on what waits, now. */
  readonly flush: () => void;
}

/** Gathers lines, since a write costs more than a line; `write` gets them `waitMs` later, each with its line break. */
export function gatherLines(waitMs: number, write: (lines: string) => void): Gathered {
  let waiting = "";
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const lines = waiting;
    waiting = "";
    if (lines !== "") write(lines);
  };
  return {
    add: (line) => {
      waiting += `${line}\n`;
      timer ??= setTimeout(flush, waitMs);
    },
    flush,
  };
}
