import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { freePort } from "../../local/shared/free-port.ts";
import { CloudProcess } from "./cloud-process.ts";

const Consumer = z.object({ queueUrl: z.string(), deadLetterQueueUrl: z.string(), functionName: z.string() });
const Ready = z.object({
  event: z.literal("ready"),
  apiUrl: z.string(),
  ordersUrl: z.string(),
  corsOrigins: z.array(z.string()),
  topicArn: z.string(),
  tables: z.object({ orders: z.string(), stock: z.string(), effects: z.string() }),
  analyticsBucket: z.string(),
  consumers: z.record(z.string(), Consumer),
  functions: z.record(z.string(), z.object({ functionName: z.string(), logGroup: z.string() })),
  local: z.object({ endpoint: z.string(), mailboxUrl: z.string(), token: z.string() }),
});
export type Outputs = z.output<typeof Ready>;

/** The whole program, run by the local cloud. */
export interface LocalCloud {
  readonly outputs: Outputs;
  readonly state: string;
  readonly lines: readonly string[];
  /** Milliseconds from the process's start to its being ready. */
  readonly startMs: number;
  readonly logged: CloudProcess["logged"];
  readonly local: CloudProcess["local"];
  /** Ends it as the machine's power would, and waits until it is gone. */
  kill(): Promise<void>;
  /** Ends it as Ctrl-C does; gives the exit code. */
  stop(): Promise<number | null>;
}

/** Starts the program on the local cloud as a user would, with a state and ports of its own. */
export async function startLocalCloud(
  options: {
    state?: string;
    port?: number;
    configFile?: string;
    speed?: number;
    auth?: boolean;
    accountConcurrency?: number;
    cwd?: string;
    /** Whether it follows the files of the project, without a look at the types. Default false. */
    watch?: boolean;
  } = {},
): Promise<LocalCloud> {
  const state = options.state ?? (await mkdtemp(join(tmpdir(), "order-fanout-")));
  const flags = ["--state", state, "--config-file", options.configFile ?? "tests/stacks/Pulumi.dev.yaml"];
  if (options.speed !== undefined) flags.push("--speed", String(options.speed));
  if (options.auth) flags.push("--auth");
  if (options.accountConcurrency !== undefined) flags.push("--account-concurrency", String(options.accountConcurrency));
  if (options.watch) flags.push("--watch", "--no-types");
  const began = performance.now();
  const cloud = new CloudProcess(options.cwd ?? process.cwd(), options.port ?? (await freePort(2)), flags);
  return {
    outputs: Ready.parse(await cloud.ready),
    state,
    lines: cloud.lines,
    startMs: performance.now() - began,
    logged: (functionName) => cloud.logged(functionName),
    local: (path, init) => cloud.local(path, init),
    kill: () => cloud.kill(),
    stop: async () => {
      const { code } = await cloud.stop();
      if (options.state === undefined) await rm(state, { recursive: true, force: true });
      return code;
    },
  };
}
