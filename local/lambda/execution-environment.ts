import { randomUUID } from "node:crypto";
import type { EventLoopUtilization } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import type { AnsweredCall } from "../endpoint/call-log.ts";
import { failureLines } from "./failure.ts";
import { FromWorker, lineSplitter } from "./worker-messages.ts";

/** What Lambda would answer to an invocation: the handler's result as JSON text, or an error. */
export type Invocation =
  | { readonly ok: true; readonly payload: string }
  | {
      readonly ok: false;
      readonly errorType: string;
      readonly errorMessage: string;
      readonly trace: readonly string[];
    };

/** A function as its workers need it. */
export interface FunctionConfig {
  readonly name: string;
  /** Without a qualifier. */
  readonly arn: string;
  /** A number, or `$LATEST` where versions are not published. */
  readonly version: string;
  readonly runtime: string;
  /** Its execution role's ARN. */
  readonly role: string;
  readonly folder: string;
  readonly handler: string;
  readonly memorySize: number;
  readonly timeoutSeconds: number;
  /** Reserved concurrency; absent: as much as the machine bears. */
  readonly concurrency?: number;
  readonly logGroup: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** The name that the function's own log lines carry. */
export const logNameOf = ({ name, environment }: FunctionConfig): string => environment["NAME"] ?? name;

export interface PoolHooks {
  readonly endpoint: string;
  /** What its requests to the world outside carry. */
  readonly token: string;
  readonly compileCache: string;
  readonly log: (functionName: string, line: string) => void;
  /** Where the database is that functions may call past the endpoint, once it is known. */
  readonly direct: () => { readonly database: string; readonly gate: SharedArrayBuffer } | undefined;
  /** Takes the record of a call that went past the endpoint. */
  readonly record: (call: AnsweredCall) => void;
}

/** Lambda's own limit for loading the code. */
const initTimeoutMs = 10_000;

/** A thread's heap for new objects. V8 takes up to 48 MB of each thread; with a sixth a call costs as much CPU. */
const YOUNG_MB = 8;

interface Job {
  readonly requestId: string;
  readonly event: string;
  readonly invokedArn: string;
  readonly settle: (invocation: Invocation) => void;
}

/** One execution environment: a worker thread that runs one job at a time, and ends on anything that it cannot survive. */
export class Environment {
  readonly #worker: Worker;
  readonly #config: FunctionConfig;
  #job: Job | undefined;
  #measured: EventLoopUtilization | undefined;
  readonly #log: (line: string) => void;
  #deadline: NodeJS.Timeout | undefined;
  #everReady = false;
  #reported = false;
  #failure: { errorType: string; errorMessage: string; trace: string[] } | undefined;
  /** Resolves when the code is loaded, or cannot be. */
  readonly loaded: Promise<void>;
  /** Loaded and without a job. */
  idle = false;

  constructor(config: FunctionConfig, hooks: PoolHooks, onIdle: () => void, onEnd: (broken?: Invocation) => void) {
    this.#config = config;
    this.#log = (line) => hooks.log(config.name, line);
    const worker = new Worker(new URL("./worker.cjs", import.meta.url), {
      env: { ...config.environment },
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: config.memorySize, maxYoungGenerationSizeMb: YOUNG_MB },
      workerData: {
        endpoint: hooks.endpoint,
        token: hooks.token,
        compileCache: hooks.compileCache,
        direct: hooks.direct(),
        folder: config.folder,
        handler: config.handler,
        functionName: config.name,
        functionVersion: config.version,
        memorySize: config.memorySize,
        logGroup: config.logGroup,
        logStream: `${new Date().toISOString().slice(0, 10).replaceAll("-", "/")}/[${config.version}]${randomUUID().replaceAll("-", "")}`,
      },
    });
    this.#worker = worker;
    const lines = { stdout: lineSplitter(this.#log), stderr: lineSplitter(this.#log) };
    // What does not come by a message: Node's own warnings.
    for (const stream of ["stdout", "stderr"] as const)
      worker[stream].setEncoding("utf8").on("data", lines[stream].add);
    this.#deadline = setTimeout(() => {
      this.#report("Sandbox.Timedout: Task timed out during its initialization");
      this.#end("Sandbox.Timedout", "Task timed out during its initialization");
    }, initTimeoutMs);
    let broken: Invocation | undefined;
    worker.on("message", (raw) => {
      const message = FromWorker.parse(raw);
      if ("calls" in message) {
        for (const { body, answer, ...call } of message.calls)
          hooks.record({ function: config.name, verdict: "allowed", ...call, body: () => body, answer: () => answer });
      }
      if (message.kind === "calls") return;
      if (message.kind === "text") return lines[message.stream].add(message.text);
      clearTimeout(this.#deadline);
      if (message.kind === "broken") {
        broken = { ok: false, ...message.error, errorType: `Runtime.${message.error.errorType}` };
        this.#report(`${broken.errorType}: ${broken.errorMessage}`);
        void worker.terminate();
        return;
      }
      if (message.kind !== "ready") {
        if (message.requestId !== this.#job?.requestId) return;
        this.#settle(
          message.kind === "result" ? { ok: true, payload: message.payload } : { ok: false, ...message.error },
        );
      }
      this.idle = true;
      onIdle();
    });
    worker.on("error", (error: Error & { code?: string }) => {
      const memory = error.code === "ERR_WORKER_OUT_OF_MEMORY";
      this.#failure ??= {
        errorType: memory ? "Runtime.OutOfMemory" : error.name,
        errorMessage: memory
          ? `Runtime exited with error: signal: killed (out of ${config.memorySize} MB)`
          : error.message,
        trace: (error.stack ?? "").split("\n"),
      };
      this.#report(`${this.#failure.errorType}: ${this.#failure.errorMessage}`);
    });
    worker.on("exit", (code) => {
      for (const { end } of Object.values(lines)) end();
      clearTimeout(this.#deadline);
      this.idle = false;
      const exited = {
        errorType: "Runtime.ExitError",
        errorMessage: `Runtime exited with error: exit status ${code}`,
        trace: [],
      };
      const failure: Invocation = { ok: false, ...(this.#failure ?? exited) };
      if (this.#job) this.#report(`${failure.errorType}: ${failure.errorMessage}`);
      this.#settle(failure);
      // A worker that ended before it was ever ready is broken code, not bad luck.
      onEnd(broken ?? (this.#everReady ? undefined : failure));
    });
    this.loaded = new Promise((resolve) => {
      worker.once("message", () => {
        this.#everReady = true;
        resolve();
      });
      worker.once("exit", () => resolve());
    });
  }

  run(job: Job): void {
    this.idle = false;
    this.#job = job;
    const timeoutMs = this.#config.timeoutSeconds * 1000;
    this.#deadline = setTimeout(
      () => this.#end("Sandbox.Timedout", `Task timed out after ${this.#config.timeoutSeconds.toFixed(2)} seconds`),
      timeoutMs,
    );
    const { requestId, event, invokedArn } = job;
    this.#worker.postMessage({ requestId, event, invokedArn, deadline: Date.now() + timeoutMs });
  }

  /** Ends the worker; a job under way gets an error. */
  #end(errorType: string, errorMessage: string): void {
    this.#failure ??= { errorType, errorMessage, trace: [] };
    if (this.#job) this.#report(`${errorType}: ${errorMessage}`);
    void this.#worker.terminate();
  }

  /** Logs why the environment ends, once, with what it was doing. */
  #report(message: string): void {
    if (this.#reported) return;
    this.#reported = true;
    const lines = failureLines({ name: logNameOf(this.#config), message, event: this.#job?.event });
    for (const line of lines) this.#log(line);
  }

  /** The part of the time since the last call in which the thread was not waiting, 0 to 1. */
  utilization(): number {
    const now = this.#worker.performance.eventLoopUtilization();
    const { utilization } = this.#worker.performance.eventLoopUtilization(now, this.#measured);
    this.#measured = now;
    return utilization;
  }

  /** As a crash of the machine under it would. */
  kill(): void {
    this.#end("Runtime.ExitError", "Runtime exited with error: signal: killed");
  }

  #settle(invocation: Invocation): void {
    clearTimeout(this.#deadline);
    this.#job?.settle(invocation);
    this.#job = undefined;
  }
}
