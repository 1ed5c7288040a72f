import { cpus } from "node:os";
import type { Faults } from "../endpoint/faults.ts";
import { watchIdleCores } from "./idle-cores.ts";
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
 * An environment costs 0.1 s of CPU to start and half a second until it is hot, so more are started only for events that
 * wait while the existing ones wait too (for a reply, a timer) and a core is idle, or half of the only one: more threads do
 * not speed up busy ones, nor a database that writes to the disk, one call after the other. Then they double, so that many
 * events which sleep soon sleep side by side.
 */
const stallMs = 150;
const leastIdleCores = Math.min(1, cpus().length / 2);
/** An environment whose events wait for calls of AWS is busy for a third of the time and more. */
const mostBusy = 0.25;
/** Where no event has ended for so long, more are started on a busy machine too: one may be in an endless loop. */
const stuckMs = 2_000;
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
  /** When the last event was done. */
  #lastDone = 0;
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

  /** How many events wait for an execution environment. */
  get waiting(): number {
    return this.#waiting.length;
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
    if (!this.#lacks()) return;
    if (this.#environments.size === 0) this.#grow();
    else this.#growth ??= this.#look();
  }

  /** The most environments at the same time. */
  get #limit(): number {
    return Math.min(this.config.concurrency ?? most, most);
  }

  /** Whether events wait although no environment is still loading, and more may be started. */
  #lacks(): boolean {
    const size = this.#environments.size;
    return !this.#stopped && this.#waiting.length > 0 && size <= this.#running && size < this.#limit;
  }

  /** Looks for a moment at what the environments and the machine do, and then starts as many as are missing. */
  #look(): NodeJS.Timeout {
    const began = performance.now();
    const idleCores = watchIdleCores();
    for (const environment of this.#environments) environment.utilization();
    return setTimeout(() => {
      this.#growth = undefined;
      if (this.#lacks()) for (let more = this.#missing(began, idleCores()); more > 0; more--) this.#grow();
      this.#dispatch();
    }, stallMs);
  }

  /** How many environments to start now, for the events that wait, by what a look since `began` has seen. */
  #missing(began: number, idleCores: number): number {
    const now = performance.now();
    const since = this.#waiting[0]?.at ?? now;
    const isStuck = now - Math.max(this.#lastDone, since) >= stuckMs;
    if (!isStuck && (since > began || idleCores < leastIdleCores)) return 0;
    const busy = [...this.#environments].map((environment) => environment.utilization());
    const wait = busy.reduce((sum, one) => sum + one, 0) < busy.length * mostBusy;
    return wait ? Math.min(busy.length, this.#waiting.length) : Number(isStuck);
  }

  #begin(environment: Environment, job: Waiting): void {
    this.#running += 1;
    const settle = (invocation: Invocation): void => {
      this.#running -= 1;
      this.#lastDone = performance.now();
      job.settle(invocation);
    };
    environment.run({ ...job, settle });
    const delay = this.#faults.killAfter();
    if (delay !== undefined) setTimeout(() => environment.kill(), delay);
  }

  #grow(): boolean {
    if (this.#stopped || this.#environments.size >= this.#limit) return false;
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
