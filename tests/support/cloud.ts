import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as z from "zod";

const Consumer = z.object({ queueUrl: z.string(), deadLetterQueueUrl: z.string(), functionName: z.string() });
const Ready = z.object({
  event: z.literal("ready"),
  apiUrl: z.string(),
  ordersUrl: z.string(),
  topicArn: z.string(),
  tables: z.object({ orders: z.string(), stock: z.string(), effects: z.string() }),
  analyticsBucket: z.string(),
  consumers: z.record(z.string(), Consumer),
  functions: z.record(z.string(), z.object({ functionName: z.string(), logGroup: z.string() })),
  local: z.object({ endpoint: z.string(), mailboxUrl: z.string() }),
});
export type Outputs = z.output<typeof Ready>;

export interface LocalCloud {
  readonly outputs: Outputs;
  readonly state: string;
  readonly lines: readonly string[];
  /** Milliseconds from the process's start to its being ready. */
  readonly startMs: number;
  /** Ends it as the machine's power would, and waits until it is gone. */
  kill(): Promise<void>;
  /** Ends it as Ctrl-C does; gives the exit code. */
  stop(): Promise<number | null>;
}

/** Starts the program on the local cloud as a user would, with a state and ports of its own. */
export async function startLocalCloud(
  options: { state?: string; port?: number; configFile?: string; speed?: number; cwd?: string } = {},
): Promise<LocalCloud> {
  const state = options.state ?? (await mkdtemp(join(tmpdir(), "order-fanout-")));
  const port = options.port ?? (await freePort());
  const flags = ["--json", "--state", state, "--port", String(port)];
  flags.push("--config-file", options.configFile ?? "tests/stacks/Pulumi.dev.yaml");
  if (options.speed !== undefined) flags.push("--speed", String(options.speed));
  const began = performance.now();
  const child = spawn(process.execPath, ["local/start.ts", ...flags], {
    cwd: options.cwd ?? process.cwd(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  const ready = new Promise<Outputs>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      const parsed = line.startsWith('{"event":"ready"') ? Ready.safeParse(JSON.parse(line)) : undefined;
      if (parsed?.success) resolve(parsed.data);
    });
    createInterface({ input: child.stderr }).on("line", (line) => lines.push(line));
    child.once("exit", (code) =>
      reject(new Error(`the local cloud ended with ${code}:\n${lines.slice(-20).join("\n")}`)),
    );
  });
  const closed = once(child, "close"); // its last lines have been read
  const end = async (signal: "SIGKILL" | "SIGINT") => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await closed;
  };
  running.add(child);
  return {
    outputs: await ready,
    state,
    lines,
    startMs: performance.now() - began,
    kill: () => end("SIGKILL"),
    stop: async () => {
      await end("SIGINT");
      if (options.state === undefined) await rm(state, { recursive: true, force: true });
      return child.exitCode;
    },
  };
}

/** Nothing outlives the tests, whatever fails in them. */
const running = new Set<ChildProcess>();
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** A port that is free just now, and the next one too: both were listened on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const first = createServer().listen(0, "127.0.0.1");
    await once(first, "listening");
    const address = first.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const second = createServer();
    const both = await new Promise<boolean>((resolve) => {
      second.once("error", () => resolve(false));
      second.listen(port + 1, "127.0.0.1", () => resolve(true));
    });
    first.close();
    if (both) second.close();
    if (both) return port;
  }
}
