/** Something that runs until it is stopped. */
export interface Part {
  stop(): Promise<void>;
}

/** The parts that have been started, in order. */
export interface Parts {
  /** Remembers a part while it is still starting, so that `stop` ends it whatever becomes of the others. */
  add<T extends Part>(starting: Promise<T>): Promise<T>;
  /**
   * Stops every part, the last added first and one after the other. A part that failed to start is skipped, and one
   * that fails to stop does not keep the others running: its error is thrown at the end.
   */
  stop(): Promise<void>;
}

/** No part yet. */
export function createParts(): Parts {
  const parts: Promise<Part>[] = [];
  return {
    add: (starting) => {
      starting.catch(() => {}); // whoever awaits the part sees the error
      parts.push(starting);
      return starting;
    },
    stop: async () => {
      const errors: unknown[] = [];
      for (const starting of parts.splice(0).reverse()) {
        const part = await starting.catch(() => undefined);
        await part?.stop().catch((error: unknown) => errors.push(error));
      }
      if (errors.length > 0) throw errors[0];
    },
  };
}
