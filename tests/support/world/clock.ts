/** The time in a world. It stands still until a test, or `settle`, lets it pass: nothing waits for it. */
export class Clock {
  #now = Date.now();

  /** In milliseconds since 1970. */
  get now(): number {
    return this.#now;
  }

  advance(ms: number): void {
    this.#now += ms;
  }

  /** Goes on to a moment; one that has passed changes nothing. */
  advanceTo(ms: number): void {
    this.#now = Math.max(this.#now, ms);
  }
}
