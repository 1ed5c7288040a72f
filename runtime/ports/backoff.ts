import { setTimeout as sleep } from "node:timers/promises";

/**
 * Milliseconds to wait before attempt `attempt` (from 1): anything from 0 to 25 doubled each time, at most 1,000
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export const fullJitter = (attempt: number): number => Math.random() * Math.min(1_000, 25 * 2 ** attempt);

/** How SES and SNS say that too much is sent at once. */
const THROTTLES = new Set([
  "TooManyRequestsException",
  "ThrottlingException",
  "ThrottledException",
  "Throttling",
  "Throttled",
]);

/** A quota of a day answers alike, and does not pass while an invocation waits. */
const isThrottle = (error: unknown): boolean =>
  error instanceof Error && THROTTLES.has(error.name) && !/daily/i.test(error.message);

/**
 * Sends, and again after a pause as long as the provider answers that too much is sent at once: a sure no, after which
 * nothing is sent twice.
 * @throws whatever else `send` throws, and the provider's refusal when the deadline comes or the day's quota is used up.
 */
export async function untilAdmitted<T>(send: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      if (!isThrottle(error)) throw error;
      const inTime = await sleep(fullJitter(attempt), true, { signal }).catch(() => false);
      if (!inTime) throw error;
    }
  }
}
