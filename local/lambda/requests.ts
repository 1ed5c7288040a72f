/**
 * The requests whose clients wait for an answer. What comes from queues gives way for a moment to those that come one after
 * the other, or side by side: a machine of two cores would otherwise have every consumer between a client and its answer.
 */
export interface Requests {
  /** Counts as a request under way until `answer` settles. */
  track<T>(answer: Promise<T>): Promise<T>;
  /** How long a batch that is not full gives way now, counted from when its first message was ready, in ms. */
  giveWayMs(): number;
  /** Calls `resume` when batches no longer give way; gives what ends that. */
  onQuiet(resume: () => void): () => void;
}

/** When batches give way, in ms. */
interface RequestsArgs {
  /**
   * How long a batch gives way at most; by default 100: long enough for batches to form while requests come without a
   * pause. An order ships that much later then.
   */
  readonly mostMs?: number;
  /** How soon after another one's answer a request follows it; by default 10. */
  readonly followsMs?: number;
}

/** After an answer: a client that sends one request after the other has sent its next one by then. */
const PAUSE_MS = 1;

/** Starts with no request. */
export function createRequests({ mostMs = 100, followsMs = 10 }: RequestsArgs = {}): Requests {
  let underWay = 0;
  /** Those that follow another, or are beside one; until their pause is over. */
  let following = 0;
  let answeredAt = -Infinity;
  const waiting = new Set<() => void>();
  const endFollowing = (): void => {
    following -= 1;
    if (following === 0) for (const resume of waiting) resume();
  };
  return {
    track: (answer) => {
      const follows = underWay > 0 || performance.now() - answeredAt < followsMs;
      underWay += 1;
      if (follows) following += 1;
      return answer.finally(() => {
        underWay -= 1;
        answeredAt = performance.now();
        if (follows) setTimeout(endFollowing, PAUSE_MS);
      });
    },
    giveWayMs: () => (following > 0 ? mostMs : 0),
    onQuiet: (resume) => {
      waiting.add(resume);
      return () => void waiting.delete(resume);
    },
  };
}
