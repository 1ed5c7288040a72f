/** Says whether functions may call the database past the endpoint, in memory that their threads share. */
export interface Gate {
  /** [0]: not 0 while every call has to go through the endpoint; [1]: how often the policies have changed. */
  readonly shared: SharedArrayBuffer;
  /** Sends every call through the endpoint, or no longer: faults meet calls there. */
  readonly close: (closed: boolean) => void;
  /** Has every kind of call judged anew. */
  readonly judgeAnew: () => void;
}

/** Starts open. */
export function createGate(): Gate {
  const shared = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
  const words = new Int32Array(shared);
  return {
    shared,
    close: (closed) => void Atomics.store(words, 0, closed ? 1 : 0),
    judgeAnew: () => void Atomics.add(words, 1, 1),
  };
}
