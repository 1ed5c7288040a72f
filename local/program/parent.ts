import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { LocalCloudError } from "../shared/names.ts";
import { FromProgram, type ProgramResource, type ProgramStart, type Provisioned, type ToProgram } from "./protocol.ts";

/** What the program's process asks of its surroundings. */
export interface ProgramHooks {
  provision(resource: ProgramResource): Promise<Provisioned>;
  invoke(token: string, inputs: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
  /** A line that the program printed, a `pulumi.log.warn` for instance. */
  readonly print: (line: string) => void;
}

/** An evaluation under way. */
export interface Evaluation {
  /** The stack's exports, when every resource is provisioned; rejects with the first error. */
  readonly exports: Promise<Record<string, unknown>>;
  readonly stop: () => void;
}

/** Evaluates the Pulumi program, once, in the process that `forkProgram` made. */
export function startProgram(child: ChildProcess, start: ProgramStart, hooks: ProgramHooks): Evaluation {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on("line", hooks.print);
  }
  // When it is done it is left to end by itself: it writes its compile cache then.
  child.send({ start });
  return { exports: exportsOf(child, hooks), stop: () => child.kill("SIGKILL") };
}

function exportsOf(child: ChildProcess, hooks: ProgramHooks): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const answer = (call: number, promise: Promise<Record<string, unknown>>) => {
      promise.then((value) => child.connected && child.send({ call, answer: value } satisfies ToProgram), reject);
    };
    child.on("message", (raw) => {
      const message = FromProgram.parse(raw);
      if (message.kind === "done") resolve(message.exports);
      else if (message.kind === "failed") reject(new LocalCloudError(message.message));
      else if (message.kind === "invoke") answer(message.call, hooks.invoke(message.token, message.inputs));
      else
        answer(
          message.call,
          hooks.provision(message).then((provisioned) => ({ ...provisioned })),
        );
    });
    child.on("error", reject);
    child.on("exit", (code) => reject(new LocalCloudError(`the program's process ended early, with code ${code}`)));
  });
}
