import type { Faults } from "../endpoint/faults.ts";
import { Environment, type FunctionConfig, type Invocation, type PoolHooks } from "./execution-environment.ts";

/** What a pool runs with. */
export interface PoolArgs {
  readonly config: FunctionConfig;
  readonly hooks: PoolHooks;
  /** Which invocations lose their worker. */
  readonly faults: Faults;
}

/** An event for one version of a function. */
export interface Job {
  readonly requestId: string;
  /** As JSON. */
  readonly event: string;
  /** The ARN by which it was invoked, with its qualifier. */
  readonly invokedArn: string;
  readonly settle: (invocation: Invocation) => void;
}

/**
 * An environment costs 0.1 s of CPU to start and half a second until it is hot, so one more is started only for events
 * that wait while the existing ones wait too (for a reply, a timer): more threads do not speed up busy ones.
 */
const stallMs = 150;
const longWaitMs = 300;
/** Even a busy environment is passed by after this: it may be in an endless loop. */
const stuckMs = 1000;
/** Beyond so many, another one is started only when all are stuck: each order already wakes every function. */
const quick = 6;
const most = 32;
const idleMs = 60_000;

interface Waiting extends Job {
  readonly at: number;
}

/**
 * The execution environments of one version of a function: started on demand, kept warm, one event at a time in each.
 * Its code never changes, so an event that has begun ends in the version that it began in.
 */
export class Pool {
  readonly config: FunctionConfig;
  readonly #hooks: PoolHooks;
  readonly #faults: Faults;
  readonly #environments = new Set<Environment>();
  readonly #waiting: Waiting[] = [];
  #running = 0;
  /** When the last event was done, and how long events take (a moving mean), in ms. */
  #lastDone = 0;
  #duration = 0;
  #growth: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor({ config, hooks, faults }: PoolArgs) {
    this.config = config;
    this.#hooks = hooks;
    this.#faults = faults;
  }

  /** Whether an event is under way or waits. */
  get busy(): boolean {
    return this.#running + this.#waiting.length > 0;
  }

  /** Runs an event when an execution environment is free. */
  run(job: Job): void {
    this.#waiting.push({ ...job, at: performance.now() });
    this.#dispatch();
  }

  /** Starts the first execution environment before it is needed; resolves when it is loaded. */
  async warm(): Promise<void> {
    if (this.#environments.size > 0 || !this.#grow()) return;
    await Promise.all([...this.#environments].map(({ loaded }) => loaded));
  }

  /** Ends every worker; an event that waits gets `refusal`. */
  async stop(refusal: Invocation): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#growth);
    for (const job of this.#waiting.splice(0)) job.settle(refusal);
    for (const environment of this.#environments) environment.kill();
    while (this.#environments.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  #dispatch(): void {
    for (const environment of this.#environments) {
      const next = environment.idle ? this.#waiting.shift() : undefined;
      if (next) this.#begin(environment, next);
    }
    const size = this.#environments.size;
    if (this.#stopped || this.#waiting.length === 0 || size > this.#running) return; // the rest is still loading
    const wait = (this.#waiting.length * this.#duration) / Math.max(1, size);
    const stalled = performance.now() - Math.max(this.#lastDone, this.#waiting[0]?.at ?? 0);
    const busy = [...this.#environments].map((environment) => environment.utilization());
    const quiet = busy.reduce((sum, one) => sum + one, 0) < busy.length / 2;
    const worthwhile = quiet && size < quick && (stalled >= stallMs || wait > longWaitMs);
    if (size === 0 || worthwhile || stalled >= stuckMs) this.#grow();
    this.#growth ??= setTimeout(() => {
      this.#growth = undefined;
      this.#dispatch();
    }, stallMs);
  }

  #begin(environment: Environment, job: Waiting): void {
    this.#running += 1;
    const began = performance.now();
    const settle = (invocation: Invocation): void => {
      this.#running -= 1;
      this.#lastDone = performance.now();
      this.#duration += (this.#lastDone - began - this.#duration) / 8;
      job.settle(invocation);
    };
    environment.run({ ...job, settle });
    const delay = this.#faults.killAfter();
    if (delay !== undefined) setTimeout(() => environment.kill(), delay);
  }

  #grow(): boolean {
    if (this.#stopped || this.#environments.size >= Math.min(this.config.concurrency ?? most, most)) return false;
    let idleTimer: NodeJS.Timeout | undefined;
    const environment: Environment = new Environment(
      this.config,
      this.#hooks,
      () => {
        clearTimeout(idleTimer);
        idleTimer = setTimeout(
          () => environment.idle && this.#environments.size > 1 && environment.kill(),
          idleMs,
        ).unref();
        this.#dispatch();
      },
      (broken) => {
        clearTimeout(idleTimer);
        this.#environments.delete(environment);
        if (broken) this.#waiting.shift()?.settle(broken);
        this.#dispatch();
      },
    );
    this.#environments.add(environment);
    return true;
  }
}
