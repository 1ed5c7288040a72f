import { setTimeout as sleep } from "node:timers/promises";

/** The pause between two questions: it grows, because what takes long is held up by who asks for it all the time. */
const SHORTEST_MS = 20;
const LONGEST_MS = 400;

/**
 * Waits for the thing itself: asks again and again until `ask` gives something, at most `seconds`. The limit is there
 * for what never comes, not for what comes late: a test must hold on a machine that is ten times slower.
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  seconds = 120,
): Promise<T> {
  const deadline = performance.now() + seconds * 1_000;
  for (let pause = SHORTEST_MS; ; pause = Math.min(LONGEST_MS, pause * 1.3)) {
    const found = await ask();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`after ${seconds} s still not: ${what}`);
    await sleep(pause);
  }
}
