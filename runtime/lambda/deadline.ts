/** How much time a Lambda invocation has left. */
export interface Clock {
  getRemainingTimeInMillis(): number;
}

export interface Deadline {
  /** Whether there is still time to begin something new. */
  readonly mayBegin: () => boolean;
  /** Aborts when only the time to answer is left. */
  readonly signal: AbortSignal;
}

/**
 * The deadline of one invocation: nothing is begun in its last 3 s, and what still runs is aborted in its last second.
 * Where the function's whole time is short, 3 s and 1 s shrink to a fifth and a tenth of it.
 */
export function deadline(clock: Clock): Deadline {
  const whole = clock.getRemainingTimeInMillis();
  const reserve = Math.min(3_000, whole / 5);
  return {
    mayBegin: () => clock.getRemainingTimeInMillis() > reserve,
    signal: AbortSignal.timeout(Math.max(1, Math.floor(whole - Math.min(1_000, whole / 10)))),
  };
}
