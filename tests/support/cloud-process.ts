import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as z from "zod";
import { root } from "./evaluate.ts";

const Event = z.looseObject({
  event: z.string(),
  function: z.string().optional(),
  log: z.unknown().optional(),
  line: z.string().optional(),
});

const Started = z.looseObject({ local: z.object({ token: z.string() }) });

/** Nothing outlives the tests, whatever fails in them. */
const running = new Set<ChildProcess>();
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** One run of `node local/start.ts --json` in a project's folder; its files are watched with the flag `--watch` alone. */
export class CloudProcess {
  readonly port: number;
  readonly apiUrl: string;
  readonly endpoint: string;
  readonly pid: number;
  /** The outputs, once everything is there. */
  readonly ready: Promise<Record<string, unknown>>;
  /** The exit code and all that was written to stderr and stdout. */
  readonly ended: Promise<{ code: number | null; output: string }>;
  /** Every line so far. */
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #events: z.infer<typeof Event>[] = [];

  constructor(folder: string, port: number, flags: readonly string[]) {
    this.port = port;
    this.apiUrl = `http://127.0.0.1:${port}`;
    this.endpoint = `http://127.0.0.1:${port + 1}`;
    const args = [join(root, "local/start.ts"), "--json", "--no-watch", "--port", String(port), ...flags];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    this.#child = child;
    this.pid = child.pid ?? 0;
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    this.ended = new Promise((settle) =>
      child.once("close", (code) => settle({ code, output: errors + this.lines.map((line) => `${line}\n`).join("") })),
    );
    this.ready = new Promise((settle, fail) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        this.lines.push(line);
        if (!line.startsWith("{")) return;
        const event = Event.parse(JSON.parse(line));
        this.#events.push(event);
        if (event.event === "ready") settle(event);
      });
      void this.ended.then(({ code, output }) => fail(new Error(`the local cloud ended with ${code}:\n${output}`)));
    });
    this.ready.catch(() => {});
  }

  /** What functions logged: the fields of JSON lines, and other lines as they are. */
  logged(functionName: string): { log?: unknown; line?: unknown }[] {
    return this.#events.filter((one) => one.event === "log" && one.function?.startsWith(functionName));
  }

  /** Ends it as the machine's power would (kill -9), and waits until it is gone. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  /** Ends it as Ctrl-C does. */
  async stop(): Promise<{ code: number | null; output: string }> {
    this.#child.kill("SIGINT");
    return this.ended;
  }

  /** The settings of an AWS SDK client. */
  client(accessKeyId = "local"): {
    endpoint: string;
    region: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
    forcePathStyle: true;
    maxAttempts: number;
  } {
    const credentials = { accessKeyId, secretAccessKey: "local" };
    return { endpoint: this.endpoint, region: "eu-west-1", credentials, forcePathStyle: true, maxAttempts: 1 };
  }

  /** Asks or, with the token, changes something under /_local/. */
  async local(path: string, init?: RequestInit): Promise<unknown> {
    const { local } = Started.parse(await this.ready);
    const headers = new Headers(init?.headers);
    headers.set("x-local-token", local.token);
    const response = await fetch(`${this.endpoint}/_local/${path}`, { ...init, headers });
    return response.status === 204 ? undefined : response.json();
  }
}
