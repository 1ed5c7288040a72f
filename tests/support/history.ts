/** What should have happened, what did, and what is still waiting; each effect under its consumer and its event. */
export interface History {
  /** By consumer, the ids of the events whose effect is due. */
  readonly expected: ReadonlyMap<string, ReadonlySet<string>>;
  /** Every effect that was observed, as often as it was. */
  readonly effects: readonly { readonly consumer: string; readonly id: string }[];
  /** What is still in a queue, a dead-letter queue or the outbox. */
  readonly pending: readonly { readonly consumer: string; readonly id: string }[];
}

export interface Verdict {
  /** Due, not seen, and not waiting anywhere. */
  readonly lost: readonly string[];
  /** Seen, and not due. */
  readonly unexpected: readonly string[];
  /** Seen more than once. */
  readonly duplicated: readonly string[];
  readonly pending: readonly string[];
}

/** Compares the sets: nothing lost, nothing unexpected, nothing twice. Each entry reads `<consumer> <event id>`. */
export function checkHistory({ expected, effects, pending }: History): Verdict {
  const name = (effect: { consumer: string; id: string }) => `${effect.consumer} ${effect.id}`;
  const due = new Set([...expected].flatMap(([consumer, ids]) => [...ids].map((id) => name({ consumer, id }))));
  const seen = Map.groupBy(effects, name);
  const waiting = new Set(pending.map(name));
  return {
    lost: [...due].filter((effect) => !seen.has(effect) && !waiting.has(effect)).sort(),
    unexpected: [...seen.keys()].filter((effect) => !due.has(effect)).sort(),
    duplicated: [...seen]
      .filter(([, times]) => times.length > 1)
      .map(([effect]) => effect)
      .sort(),
    pending: [...waiting].sort(),
  };
}
