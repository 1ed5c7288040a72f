import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { LocalCloudError, referenceOf } from "../shared/names.ts";
import { logNameOf, type FunctionConfig, type Invocation, type PoolHooks } from "./execution-environment.ts";
import { Pool, type PoolArgs } from "./pool.ts";

/** What the functions run with. */
export interface FunctionsArgs extends PoolHooks, Pick<PoolArgs, "faults"> {
  /** How many events all functions together may run at once. */
  readonly accountConcurrency: number;
  /** How long `stop` waits for events under way before it ends their workers, in ms. */
  readonly graceMs: number;
}

/** The Lambda functions of the program. */
export interface Functions {
  /**
   * Adds a version of a function, which becomes its newest; its first worker starts with its first event, or with `warm`.
   * @throws LocalCloudError when too much of the account's concurrency would be reserved.
   */
  put(config: FunctionConfig): void;
  /** Points an alias of a function at one of its versions. */
  putAlias(name: string, alias: string, version: string): void;
  /** Takes a version of a function out, or the function; its workers end when its events under way have ended. */
  remove(name: string, version?: string): void;
  /** The configuration of the version that `reference` names, as in `invoke`. */
  find(reference: string): FunctionConfig | undefined;
  /** The names of all functions. */
  names(): string[];
  /** The name that each function's log lines carry, by the function's name. */
  logNames(): Map<string, string>;
  /**
   * Runs one event, when an execution environment is free. `reference` is a function's name, its ARN or its invoke ARN,
   * each with or without a version or an alias. Never rejects; beyond the function's reserved concurrency, or the
   * account's where it has none, the answer is a TooManyRequestsException.
   */
  invoke(reference: string, event: unknown, requestId?: string): Promise<Invocation>;
  /** How many events wait for an execution environment of the version that `reference` names. */
  waiting(reference: string): number;
  /** Starts an execution environment before it is needed; resolves when it is loaded. */
  warm(reference: string): Promise<void>;
  /** Lets events under way end for `graceMs`, then ends every worker; resolves when all have ended. */
  stop(): Promise<void>;
}

/** A function: the pool of each version, and the version of each alias. */
interface Entry {
  readonly versions: Map<string, Pool>;
  readonly aliases: Map<string, string>;
  newest: Pool;
  /** How many events are under way. */
  underWay: number;
}

const newEntry = (newest: Pool): Entry => ({ versions: new Map(), aliases: new Map(), newest, underWay: 0 });

/** What AWS keeps unreserved: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html. */
const LEAST_UNRESERVED = 100;

/** Starts with no function. */
export async function start(args: FunctionsArgs): Promise<Functions> {
  const { log, faults, accountConcurrency, graceMs } = args;
  const entries = new Map<string, Entry>();
  /** The pools that take no more events. */
  const leaving = new Set<Pool>();
  const pools = () => [...leaving, ...[...entries.values()].flatMap(({ versions }) => [...versions.values()])];
  let stopped = false;
  let cutOff = false;
  // A worker that is ended because the cloud stops is no error: its event stays in its queue.
  const hooks: PoolHooks = { ...args, log: (name, line) => cutOff || log(name, line) };
  const poolOf = (reference: string): Pool | undefined => {
    const { name, qualifier } = referenceOf(reference);
    const entry = entries.get(name);
    if (qualifier === undefined || qualifier === "$LATEST") return entry?.newest;
    return entry?.versions.get(entry.aliases.get(qualifier) ?? qualifier);
  };

  const unreserved = (): number =>
    [...entries.values()].reduce((left, { newest }) => left - (newest.config.concurrency ?? 0), accountConcurrency);

  /** Whether an event more may run: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html. */
  const admits = ({ newest, underWay }: Entry): boolean => {
    const reserved = newest.config.concurrency;
    if (reserved !== undefined) return underWay < reserved;
    const sharing = [...entries.values()].filter((other) => other.newest.config.concurrency === undefined);
    return sharing.reduce((sum, other) => sum + other.underWay, 0) < unreserved();
  };

  const leave = async (pool: Pool): Promise<void> => {
    leaving.add(pool);
    while (pool.busy && !stopped) await sleep(20);
    await pool.stop(refused(pool.config.name, "ServiceException"));
    leaving.delete(pool);
  };

  return {
    put: (config) => {
      const pool = new Pool({ config, hooks, faults });
      const entry = entries.get(config.name) ?? newEntry(pool);
      entry.newest = pool;
      const replaced = entry.versions.get(config.version);
      if (replaced) void leave(replaced);
      entry.versions.set(config.version, pool);
      entries.set(config.name, entry);
      const configs = [...entries.values()].map(({ newest }) => newest.config);
      requireUnreserved([...configs.filter(({ name }) => name !== config.name), config], accountConcurrency);
    },
    putAlias: (name, alias, version) => void entries.get(name)?.aliases.set(alias, version),
    remove: (name, version) => {
      const entry = entries.get(name);
      for (const [key, pool] of entry?.versions ?? []) {
        if (version !== undefined && key !== version) continue;
        entry?.versions.delete(key);
        void leave(pool);
      }
      if (version === undefined) entries.delete(name);
    },
    find: (reference) => poolOf(reference)?.config,
    names: () => [...entries.keys()],
    logNames: () => new Map([...entries].map(([name, { newest }]) => [name, logNameOf(newest.config)])),
    invoke: (reference, event, requestId = randomUUID()) =>
      new Promise((answer) => {
        const { name, qualifier } = referenceOf(reference);
        const entry = entries.get(name);
        const pool = poolOf(reference);
        if (!entry || !pool || stopped) return answer(refused(reference, "ResourceNotFoundException"));
        if (!admits(entry)) return answer(refused(reference, THROTTLED));
        entry.underWay += 1;
        const settle = (invocation: Invocation): void => {
          entry.underWay -= 1;
          answer(invocation);
        };
        const invokedArn = qualifier === undefined ? pool.config.arn : `${pool.config.arn}:${qualifier}`;
        pool.run({ requestId, event: JSON.stringify(event) ?? "null", invokedArn, settle });
      }),
    waiting: (reference) => poolOf(reference)?.waiting ?? 0,
    warm: async (reference) => poolOf(reference)?.warm(),
    stop: async () => {
      const busy = () => pools().some((pool) => pool.busy);
      const deadline = performance.now() + graceMs;
      while (busy() && performance.now() < deadline) await sleep(5);
      stopped = true;
      cutOff = busy();
      await Promise.all(pools().map((pool) => pool.stop(refused(pool.config.name, "ServiceException"))));
    },
  };
}

/**
 * Refuses functions that reserve too much of the account's concurrency.
 * @throws LocalCloudError naming the function with which it is too much.
 */
export function requireUnreserved(configs: Iterable<FunctionConfig>, accountConcurrency: number): void {
  const least = Math.min(LEAST_UNRESERVED, accountConcurrency);
  let unreserved = accountConcurrency;
  for (const { name, concurrency = 0 } of configs) {
    unreserved -= concurrency;
    if (unreserved >= least) continue;
    throw new LocalCloudError(
      `function ${name}: of the account's concurrency, ${accountConcurrency}, at least ${least} must stay ` +
        `unreserved; got ${unreserved}. Reserve less, or start with a larger --account-concurrency.`,
    );
  }
}

/** The error of an invocation for which there is no concurrency left. */
export const THROTTLED = "TooManyRequestsException";

function refused(name: string, errorType: string): Invocation {
  return { ok: false, errorType, errorMessage: `function ${name} cannot be invoked`, trace: [] };
}
