/** A token bucket: `rate` requests a second, `burst` of them at once. */
export interface Throttle {
  readonly rate: number;
  readonly burst: number;
}

/** Whether a request more may pass: a token bucket for each route; a new one when its throttle has changed. */
export function admits(buckets: Map<string, () => boolean>, route: string, throttle: Throttle | undefined): boolean {
  if (throttle === undefined) return true;
  const key = `${route} ${throttle.rate} ${throttle.burst}`;
  let take = buckets.get(key);
  if (take === undefined) {
    let tokens = throttle.burst;
    let at = performance.now(); // a clock that is set back would stop the API until it has caught up
    take = () => {
      const now = performance.now();
      tokens = Math.min(throttle.burst, tokens + ((now - at) / 1000) * throttle.rate);
      at = now;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    };
    buckets.set(key, take);
  }
  return take();
}
