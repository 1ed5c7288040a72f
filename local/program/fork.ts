import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

/**
 * Forks the process that will evaluate the program. A module of its own, with no import of ours: it is the first thing
 * that a start does, and the Pulumi SDK loads there while everything else is loaded here.
 */
export function forkProgram(compileCache: string): ChildProcess {
  return fork(fileURLToPath(new URL("./host.ts", import.meta.url)), [], {
    serialization: "advanced",
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
    execArgv: [],
  });
}
