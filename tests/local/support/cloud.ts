import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import * as z from "zod";

const repository = resolve(import.meta.dirname, "../../..");

/** A throwaway project in a folder of its own, and the local clouds that run it. */
export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), "order-fanout-"));
  readonly #clouds: LocalCloud[] = [];

  constructor(program: string, files: Readonly<Record<string, string>> = {}) {
    symlinkSync(join(repository, "node_modules"), join(this.folder, "node_modules"));
    this.write({
      "index.ts": program,
      "package.json": '{ "type": "module" }',
      "Pulumi.yaml": "name: order-fanout\nruntime: nodejs\n",
      "Pulumi.local.yaml": "config:\n  aws:region: eu-west-1\n",
      ...files,
    });
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, name)), { recursive: true });
      writeFileSync(join(this.folder, name), content);
    }
  }

  /** Starts the local cloud without waiting. */
  async launch(flags: readonly string[] = [], port?: number): Promise<LocalCloud> {
    const cloud = new LocalCloud(this.folder, port ?? (await freePorts()), flags);
    this.#clouds.push(cloud);
    return cloud;
  }

  /** Starts the local cloud and waits until it is ready. */
  async start(flags: readonly string[] = [], port?: number): Promise<LocalCloud> {
    const cloud = await this.launch(flags, port);
    await cloud.ready;
    return cloud;
  }

  async remove(): Promise<void> {
    await Promise.all(this.#clouds.map((cloud) => cloud.kill()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const Event = z
  .object({
    event: z.string(),
    function: z.string().optional(),
    log: z.unknown().optional(),
    line: z.string().optional(),
  })
  .loose();

/** One run of `node local/start.ts --json`. */
export class LocalCloud {
  readonly port: number;
  readonly apiUrl: string;
  readonly endpoint: string;
  readonly pid: number;
  /** The outputs, once everything is there. */
  readonly ready: Promise<Record<string, unknown>>;
  /** The exit code and all that was written to stderr and stdout. */
  readonly ended: Promise<{ code: number | null; output: string }>;
  readonly #child: ChildProcess;
  readonly #events: z.infer<typeof Event>[] = [];

  constructor(folder: string, port: number, flags: readonly string[]) {
    this.port = port;
    this.apiUrl = `http://127.0.0.1:${port}`;
    this.endpoint = `http://127.0.0.1:${port + 1}`;
    const args = [join(repository, "local/start.ts"), "--json", "--port", String(port), "--state", "state", ...flags];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    this.pid = child.pid ?? 0;
    let output = "";
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    this.ended = new Promise((settle) => child.on("close", (code) => settle({ code, output })));
    this.ready = new Promise((settle, fail) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        output += `${line}\n`;
        if (!line.startsWith("{")) return;
        const event = Event.parse(JSON.parse(line));
        this.#events.push(event);
        if (event.event === "ready") settle(event);
      });
      void this.ended.then(({ code, output: said }) => fail(new Error(`ended with ${code}: ${said}`)));
    });
    this.ready.catch(() => {});
  }

  /** What functions logged: the fields of JSON lines, and other lines as they are. */
  logged(functionName: string): { log?: unknown; line?: unknown }[] {
    return this.#events.filter((one) => one.event === "log" && one.function?.startsWith(functionName));
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  /** As Ctrl-C does. */
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

  async local(path: string, init?: RequestInit): Promise<unknown> {
    const response = await fetch(`${this.endpoint}/_local/${path}`, init);
    return response.json();
  }
}

/** A port that is free, with its successor. */
export async function freePorts(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 20_000);
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const server = createServer();
    server.on("error", () => settle(false));
    server.listen(port, "127.0.0.1", () => server.close(() => settle(true)));
  });
}

/** Asks until the answer is there, or fails with what was asked last. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  ms = 8000,
): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((settle) => setTimeout(settle, 10));
  }
}

/** A file of a test's folder, for programs that are more than a few lines. */
export function programFile(name: string): string {
  return readFileSync(join(import.meta.dirname, name), "utf8");
}
