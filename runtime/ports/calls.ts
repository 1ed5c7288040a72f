/** One call to AWS or to a provider. */
export interface Call {
  readonly service: string;
  readonly operation: string;
  /** The command's input, or the request. */
  readonly input: unknown;
}

/** The one seam through which every call to the outside passes. A test may die, throttle, or lose a reply here. */
export interface Calls {
  <T>(call: Call, perform: () => Promise<T>): Promise<T>;
  /**
   * How many times longer than in production a call may take before its client gives up, and an event may wait for others
   * to be published with: 1 by default. Tests raise it, so that nothing depends on how fast the machine is.
   */
  readonly patience?: number;
}

export const direct: Calls = (_call, perform) => perform();
