/** One call to AWS or to a provider. */
export interface Call {
  readonly service: string;
  readonly operation: string;
  /** The command's input, or the request. */
  readonly input: unknown;
}

/** The one seam through which every call to the outside passes. A test may die, throttle, or lose a reply here. */
export type Calls = <T>(call: Call, perform: () => Promise<T>) => Promise<T>;

export const direct: Calls = (_call, perform) => perform();
