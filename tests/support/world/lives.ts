import { AsyncLocalStorage } from "node:async_hooks";
import type { Call, Calls } from "../../../runtime/ports/calls.ts";

/** What is around one run of a function. */
export interface Surroundings {
  /** Milliseconds since 1970, by the function's own clock. */
  now(): number;
  /** Makes a call, or plays it. */
  call(call: Call, perform: () => Promise<unknown>): Promise<unknown>;
  log(line: string): void;
}

interface Life {
  readonly surroundings: Surroundings;
  readonly death: PromiseWithResolvers<undefined>;
  dead: boolean;
  /** Calls that have left the function. */
  readonly underWay: Set<Promise<unknown>>;
}

const lives = new AsyncLocalStorage<Life>();
const never = () => new Promise<never>(() => undefined);

/**
 * Runs a function's life, and gives its answer: nothing when it dies. What a dead function had sent is waited for, so
 * that it arrives before whatever comes next.
 */
export async function live<T>(surroundings: Surroundings, start: () => Promise<T>): Promise<T | undefined> {
  const life: Life = { surroundings, death: Promise.withResolvers<undefined>(), dead: false, underWay: new Set() };
  try {
    return await Promise.race([lives.run(life, start), life.death.promise]);
  } finally {
    await Promise.allSettled(life.underWay);
  }
}

/** Ends the function that it is called in: from within a call, which then never returns, nor does any other. */
export function die(): Promise<never> {
  const life = lives.getStore();
  if (life) {
    life.dead = true;
    life.death.resolve(undefined);
  }
  return never();
}

/**
 * The seam of every function in every world: one for all keeps the clients, and their connections, for all. The one
 * service that is real is on this machine: it may take as long as it needs.
 */
export const seam: Calls = Object.assign(
  async <T>(call: Call, perform: () => Promise<T>): Promise<T> => {
    const life = lives.getStore();
    if (!life) throw new Error(`${call.service} ${call.operation} was called outside of every function`);
    if (life.dead) return never();
    const answer = await life.surroundings.call(call, () => tracked(life, perform()));
    // A fake answer has the type that its caller asked for: what each command answers is written in providers.ts.
    return life.dead ? never() : (answer as T);
  },
  { patience: 1_000 },
);

async function tracked<T>({ underWay }: Life, call: Promise<T>): Promise<T> {
  underWay.add(call);
  try {
    return await call;
  } finally {
    underWay.delete(call);
  }
}

let prepared = false;

/** Gives each function its own clock, and keeps what it writes for its world. Once a process. */
export function prepareLives(): void {
  if (prepared) return;
  prepared = true;
  const { now } = Date;
  const own = () => lives.getStore()?.surroundings.now() ?? now();
  globalThis.Date = new Proxy(Date, {
    construct: (target, given: [], newTarget) =>
      Reflect.construct(target, given.length === 0 ? [own()] : given, newTarget) as Date,
    get: (target, name, receiver): unknown => (name === "now" ? own : Reflect.get(target, name, receiver)),
  });
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (chunk: string | Uint8Array, ...rest: never[]): boolean => {
    const life = lives.getStore();
    if (!life || typeof chunk !== "string") return write(chunk, ...rest);
    life.surroundings.log(chunk);
    return true;
  };
}
