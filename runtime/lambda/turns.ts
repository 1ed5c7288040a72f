/** Thrown where an event's turn comes too late to begin anything. */
export class TooLate extends Error {
  override readonly name = "TooLate";
}

/** A place in the line: taken once, given up once. */
export interface Turn {
  /** Waits for the turn; at once where it has come already. Rejects with `TooLate` where there is no time left. */
  readonly take: () => Promise<void>;
  readonly end: () => void;
}

/** Lets `most` turns be taken at the same time. The others come in the order in which they ask. */
export function turns(most: number, mayBegin: () => boolean): () => Turn {
  let free = most;
  const waiting: (() => void)[] = [];
  const leave = (): void => {
    const next = waiting.shift();
    if (next) next();
    else free++;
  };

  return () => {
    let come: Promise<void> | undefined;
    let [taken, ended] = [false, false];
    const enter = (): void => {
      taken = true;
      if (ended) leave();
    };
    const wait = async (): Promise<void> => {
      if (free > 0) {
        free--;
        enter();
      } else {
        await new Promise<void>((resolve) => waiting.push(() => resolve(enter())));
      }
      if (!mayBegin()) throw new TooLate();
    };
    return {
      take: () => (come ??= wait()),
      end: () => {
        if (taken && !ended) leave();
        ended = true;
      },
    };
  };
}
