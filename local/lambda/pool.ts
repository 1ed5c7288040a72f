import { randomUUID } from "node:crypto";
import type { Faults } from "../endpoint/faults.ts";
import {
  Environment,
  logNameOf,
  type FunctionConfig,
  type Invocation,
  type PoolHooks,
} from "./execution-environment.ts";

/** What the functions run with. */
export interface FunctionsArgs extends PoolHooks {
  /** Which invocations lose their worker. */
  readonly faults: Faults;
  /** How long `stop` waits for events under way before it ends their workers, in ms. */
  readonly graceMs: number;
}

/** The Lambda functions of the program. */
export interface Functions {
  /** Adds a function; its first worker starts with its first event, or with `warm`. */
  put(config: FunctionConfig): void;
  /** The names of all functions. */
  names(): string[];
  /** The name that each function's log lines carry, by the function's name. */
  logNames(): Map<string, string>;
  /** Runs one event, when an execution environment is free. Never rejects. */
  invoke(name: string, event: unknown, requestId?: string): Promise<Invocation>;
  /** Starts an execution environment before it is needed; resolves when it is loaded. */
  warm(name: string): Promise<void>;
  /** Lets events under way end for `graceMs`, then ends every worker; resolves when all have ended. */
  stop(): Promise<void>;
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

interface Waiting {
  readonly requestId: string;
  readonly event: string;
  readonly at: number;
  readonly settle: (invocation: Invocation) => void;
}

interface Pool {
  config: FunctionConfig;
  readonly environments: Set<Environment>;
  readonly waiting: Waiting[];
  running: number;
  /** When the last event was done, and how long events take (a moving mean), in ms. */
  lastDone: number;
  duration: number;
  growth?: NodeJS.Timeout | undefined;
}

/** Keeps the functions' execution environments: started on demand, kept warm, one event at a time in each. */
export async function start({ endpoint, compileCache, log, faults, graceMs }: FunctionsArgs): Promise<Functions> {
  const pools = new Map<string, Pool>();
  let stopped = false;
  let cutOff = false;
  // A worker that is ended because the cloud stops is no error: its event stays in its queue.
  const hooks: PoolHooks = { endpoint, compileCache, log: (name, line) => cutOff || log(name, line) };

  const dispatch = (pool: Pool): void => {
    for (const environment of pool.environments) {
      const next = environment.idle ? pool.waiting.shift() : undefined;
      if (next) run(pool, environment, next);
    }
    if (stopped || pool.waiting.length === 0 || pool.environments.size > pool.running) return; // the rest is still loading
    const wait = (pool.waiting.length * pool.duration) / Math.max(1, pool.environments.size);
    const stalled = Date.now() - Math.max(pool.lastDone, pool.waiting[0]?.at ?? 0);
    const busy = [...pool.environments].map((environment) => environment.utilization());
    const quiet = busy.reduce((sum, one) => sum + one, 0) < busy.length / 2;
    const worthwhile = quiet && pool.environments.size < quick && (stalled >= stallMs || wait > longWaitMs);
    if (pool.environments.size === 0 || worthwhile || stalled >= stuckMs) grow(pool);
    pool.growth ??= setTimeout(() => {
      pool.growth = undefined;
      dispatch(pool);
    }, stallMs);
  };

  const run = (pool: Pool, environment: Environment, job: Waiting): void => {
    pool.running += 1;
    const began = Date.now();
    const settle = (invocation: Invocation): void => {
      pool.running -= 1;
      pool.lastDone = Date.now();
      pool.duration += (pool.lastDone - began - pool.duration) / 8;
      job.settle(invocation);
    };
    environment.run({ ...job, settle });
    const delay = faults.killAfter();
    if (delay !== undefined) setTimeout(() => environment.kill(), delay);
  };

  const grow = (pool: Pool): boolean => {
    if (stopped || pool.environments.size >= Math.min(pool.config.concurrency ?? most, most)) return false;
    let idleTimer: NodeJS.Timeout | undefined;
    const environment: Environment = new Environment(
      pool.config,
      hooks,
      () => {
        clearTimeout(idleTimer);
        idleTimer = setTimeout(
          () => environment.idle && pool.environments.size > 1 && environment.kill(),
          idleMs,
        ).unref();
        dispatch(pool);
      },
      (broken) => {
        clearTimeout(idleTimer);
        pool.environments.delete(environment);
        if (broken) pool.waiting.shift()?.settle(broken);
        dispatch(pool);
      },
    );
    pool.environments.add(environment);
    return true;
  };

  return {
    put: (config) =>
      void pools.set(config.name, {
        config,
        environments: new Set(),
        waiting: [],
        running: 0,
        lastDone: 0,
        duration: 0,
      }),
    names: () => [...pools.keys()],
    logNames: () => new Map([...pools.values()].map(({ config }) => [config.name, logNameOf(config)])),
    invoke: (name, event, requestId = randomUUID()) =>
      new Promise((settle) => {
        const pool = pools.get(name);
        if (pool === undefined || stopped || pool.config.concurrency === 0) {
          return settle(refused(name, pool && !stopped ? "TooManyRequestsException" : "ResourceNotFoundException"));
        }
        pool.waiting.push({ requestId, event: JSON.stringify(event) ?? "null", at: Date.now(), settle });
        dispatch(pool);
      }),
    warm: async (name) => {
      const pool = pools.get(name);
      if (pool === undefined || pool.environments.size > 0 || !grow(pool)) return;
      await Promise.all([...pool.environments].map(({ loaded }) => loaded));
    },
    stop: async () => {
      const all = [...pools.values()];
      const busy = () => all.some((pool) => pool.running + pool.waiting.length > 0);
      const deadline = Date.now() + graceMs;
      while (busy() && Date.now() < deadline) await pause();
      stopped = true;
      cutOff = busy();
      for (const pool of all) {
        clearTimeout(pool.growth);
        for (const job of pool.waiting.splice(0)) job.settle(refused(pool.config.name, "ServiceException"));
        for (const environment of pool.environments) environment.kill();
      }
      while (all.some((pool) => pool.environments.size > 0)) await pause();
    },
  };
}

function refused(name: string, errorType: string): Invocation {
  return { ok: false, errorType, errorMessage: `function ${name} cannot be invoked`, trace: [] };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
