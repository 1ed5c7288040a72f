import type { Console } from "./console.ts";

/** Says how long each phase of the start took, when it has ended well. */
export function stopwatch(say: Console): <T>(phase: string, work: Promise<T>) => Promise<T> {
  return (phase, work) => {
    const began = performance.now();
    work.then(
      () => say.phase(phase, performance.now() - began),
      () => {},
    );
    return work;
  };
}
