import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
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
  ordersUrl: z.string(),
  tables: z.object({ orders: z.string(), stock: z.string() }),
  consumers: z.record(z.string(), z.object({ queueUrl: z.string() })),
});
type Outputs = z.output<typeof Outputs>;

/** One `npm start` with ports of its own, which may still be starting. */
export interface StartingCloud extends AsyncDisposable {
  readonly pid: number;
  readonly endpoint: string;
  readonly apiUrl: string;
  /** The stack's outputs, when outputs.json is there. @throws StartError if it ends before. */
  readonly outputs: () => Promise<Outputs>;
}

/** One that is ready. */
export interface RunningCloud extends Omit<StartingCloud, "outputs"> {
  readonly outputs: Outputs;
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

/** Where the state is kept; by default in a new folder, which goes with the cloud. */
interface StartArgs {
  readonly state?: string;
}

/** Runs `npm start` until it is disposed of, and waits until it is ready. @throws StartError with what it printed. */
export async function runCloud(side: Side, args: StartArgs = {}): Promise<RunningCloud> {
  const cloud = await startCloud(side, args);
  return { ...cloud, outputs: await cloud.outputs() };
}

/** What keeps a tree from looking at the types beside what is measured; an older one does not. */
const unwatched = async ({ folder }: Side): Promise<string[]> =>
  (await readFile(join(folder, "local/start.ts"), "utf8")).includes("--no-watch") ? ["--no-watch"] : [];

/** Runs `npm start` until it is disposed of. */
export async function startCloud(side: Side, { state }: StartArgs = {}): Promise<StartingCloud> {
  const scratch = await mkdtemp(join(tmpdir(), "order-fanout-bench-"));
  const folder = state ?? join(scratch, "state");
  // An earlier run's outputs are not this one's.
  await rm(join(folder, "outputs.json"), { force: true });
  const port = await freePort(2);
  const flags = ["--json", "--state", folder, "--port", String(port), ...(await unwatched(side)), ...side.flags];
  const args = ["start", "--silent", "--", ...flags];
  const log = join(scratch, "log");
  const file = openSync(log, "w");
  // Its lines go to a file: read through a pipe, they would cost this process as much as the load does.
  const child = spawn("npm", args, { cwd: side.folder, stdio: ["ignore", file, file], detached: true });
  closeSync(file);
  running.add(child);
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = async () => {
    signal(child, "SIGTERM");
    await ended;
    running.delete(child);
    await rm(scratch, { recursive: true, force: true, maxRetries: 20 });
  };
  const outputs = async (): Promise<Outputs> => {
    for (;;) {
      const text = await readFile(join(folder, "outputs.json"), "utf8").catch(() => undefined);
      if (text !== undefined) return Outputs.parse(JSON.parse(text));
      if (child.exitCode !== null) {
        const output = await readFile(log, "utf8");
        await stop();
        throw new StartError(side, output);
      }
      await sleep(5);
    }
  };
  const urlOf = (one: number) => `http://127.0.0.1:${one}`;
  const urls = { apiUrl: urlOf(port), endpoint: urlOf(port + 1) };
  return { pid: child.pid ?? 0, ...urls, outputs, [Symbol.asyncDispose]: stop };
}
