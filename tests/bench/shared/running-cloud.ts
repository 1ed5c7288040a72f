import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { freePort } from "../../../local/shared/free-port.ts";

/** A tree that `npm start` runs. */
export interface Side {
  /** "this tree", or a commit. */
  readonly name: string;
  readonly folder: string;
  /** The flags of `npm start` that name the stack. */
  readonly flags: readonly string[];
}

const Outputs = z.looseObject({
  apiUrl: z.string(),
  ordersUrl: z.string(),
  tables: z.object({ orders: z.string(), stock: z.string() }),
  consumers: z.record(z.string(), z.object({ queueUrl: z.string() })),
});

/** One `npm start` with a state and ports of its own. */
export interface RunningCloud extends AsyncDisposable {
  readonly pid: number;
  readonly outputs: z.output<typeof Outputs>;
  readonly endpoint: string;
  /** From the process's start until outputs.json was there, in milliseconds. */
  readonly startMs: number;
}

/** A local cloud that ended before it was ready. */
export class StartError extends Error {
  override readonly name = "StartError";
  /** All that it printed. */
  readonly output: string;
  constructor(side: Side, output: string) {
    super(`npm start in ${side.folder} (${side.name}) ended before it was ready:\n${output.slice(-4_000)}`);
    this.output = output;
  }
}

/** Nothing outlives the bench. Each is the leader of a process group. */
const running = new Set<ChildProcess>();
process.once("exit", () => running.forEach((child) => signal(child, "SIGKILL")));
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => process.exit(130));

function signal({ pid, exitCode, signalCode }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  process.kill(-pid, name);
}

/**
 * Runs `npm start` until it is disposed of.
 * @param state The folder of the state; by default a new one, which goes with it.
 * @throws StartError with what it printed, if it ends before it is ready.
 */
export async function runCloud(side: Side, { state, flags = [] }: RunArgs = {}): Promise<RunningCloud> {
  const scratch = await mkdtemp(join(tmpdir(), "order-fanout-bench-"));
  const folder = state ?? join(scratch, "state");
  const port = await freePort(2);
  const args = [
    "start",
    "--silent",
    "--",
    "--json",
    "--state",
    folder,
    "--port",
    String(port),
    ...side.flags,
    ...flags,
  ];
  const log = join(scratch, "log");
  const file = openSync(log, "w");
  const began = performance.now();
  // Its lines go to a file: read through a pipe, they would cost this process as much as the load does.
  const child = spawn("npm", args, { cwd: side.folder, stdio: ["ignore", file, file], detached: true });
  running.add(child);
  const stop = async () => {
    const ended = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
    signal(child, "SIGTERM");
    await ended;
    running.delete(child);
    await rm(scratch, { recursive: true, force: true, maxRetries: 20 });
  };
  // The file is written whole, and an earlier run's is removed before anything else.
  const outputs = join(folder, "outputs.json");
  const old = existsSync(outputs) ? await readFile(outputs, "utf8") : undefined;
  for (;;) {
    if (child.exitCode !== null) {
      const output = await readFile(log, "utf8");
      await stop();
      throw new StartError(side, output);
    }
    const text = await readFile(outputs, "utf8").catch(() => undefined);
    if (text !== undefined && text !== old) {
      const startMs = performance.now() - began;
      const endpoint = `http://127.0.0.1:${port + 1}`;
      return {
        pid: child.pid ?? 0,
        outputs: Outputs.parse(JSON.parse(text)),
        endpoint,
        startMs,
        [Symbol.asyncDispose]: stop,
      };
    }
    await sleep(5);
  }
}

interface RunArgs {
  readonly state?: string;
  /** Flags of `npm start` beside the side's. */
  readonly flags?: readonly string[];
}
