import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { LocalCloudError } from "../shared/names.ts";
import { FromProgram, type ProgramResource, type ProgramStart, type Provisioned, type ToProgram } from "./protocol.ts";

/** The program to evaluate, and the functions that answer its process. */
export interface ProgramArgs {
  /** The process in which the program is evaluated, from `forkProgram`. */
  readonly child: ChildProcess;
  readonly program: ProgramStart;
  /** Makes a resource that the program registers. */
  readonly provision: (resource: ProgramResource) => Promise<Provisioned>;
  /** Takes a line that the program printed, a `pulumi.log.warn` for instance. */
  readonly print: (line: string) => void;
  /** Ends a phase of the evaluation, which begins with the process's own start. */
  readonly lap: (phase: string) => void;
}

/** An evaluation under way. */
export interface Program {
  /** The stack's exports, when every resource is provisioned; rejects with the first error. */
  readonly exports: Promise<Record<string, unknown>>;
  /** Ends the process, if it has not ended by itself. */
  stop(): Promise<void>;
}

/** Evaluates the Pulumi program, once. A finished process ends by itself, and writes its compile cache then. */
export async function start(args: ProgramArgs): Promise<Program> {
  const { child } = args;
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on("line", args.print);
  }
  child.send({ start: args.program } satisfies ToProgram);
  const exports = exportsOf(args);
  exports.catch(() => {}); // whoever awaits the exports sees the error
  return { exports, stop: async () => void child.kill("SIGKILL") };
}

/** The first resource of each type here ends a phase: what comes before the first function is its bundle. */
const milestones: Readonly<Record<string, string>> = {
  "": "  program: SDK, index.ts and its modules",
  "aws:lambda/function:Function": "  program: bundles, the first function",
};

function exportsOf({ child, provision, lap }: ProgramArgs): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const ahead = new Map(Object.entries(milestones));
    const pass = (type: string) => {
      const phase = ahead.get(type);
      if (phase !== undefined) lap(phase);
      ahead.delete(type);
    };
    const answer = (call: number, promise: Promise<Record<string, unknown>>) => {
      promise.then((value) => child.connected && child.send({ call, answer: value } satisfies ToProgram), reject);
    };
    child.on("message", (raw) => {
      const message = FromProgram.parse(raw);
      if (message.kind === "failed") return reject(new LocalCloudError(message.message));
      if (message.kind === "done") {
        lap("  program: the other resources");
        return resolve(message.exports);
      }
      pass("");
      pass(message.type);
      answer(
        message.call,
        provision(message).then((provisioned) => ({ ...provisioned })),
      );
    });
    child.on("error", reject);
    child.on("exit", (code) => reject(new LocalCloudError(`the program's process ended early, with code ${code}`)));
  });
}
