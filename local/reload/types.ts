import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { join } from "node:path";
import type { Part } from "../shared/parts.ts";
import type { Outcome, Problem } from "./report.ts";

/** Looks at the types of the whole project, with nobody waiting. */
export interface Types extends Part {
  /** Looks again; a look under way is given up. */
  check(): void;
}

/** Runs the project's own compiler, if it has one. */
export function createTypes(root: string, report: (outcome: Outcome) => void): Types {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  // `npm run check` keeps its look there too.
  const kept = join(root, "node_modules/.cache/order-fanout/tsc.json");
  let running: ChildProcess | undefined;
  let stopped = false;
  const check = (): void => {
    running?.kill("SIGKILL");
    if (stopped || !existsSync(compiler) || !existsSync(join(root, "tsconfig.json"))) return;
    const began = performance.now();
    const flags = ["-p", root, "--noEmit", "--incremental", "--tsBuildInfoFile", kept, "--pretty", "false"];
    const child = spawn(process.execPath, [compiler, ...flags], { cwd: root, stdio: ["ignore", "pipe", "ignore"] });
    running = child;
    if (child.pid !== undefined) lower(child.pid);
    let written = "";
    child.stdout.on("data", (chunk: Buffer) => (written += chunk.toString()));
    child.once("error", () => {}); // "close" follows
    child.once("close", (code) => {
      if (running !== child) return; // a later look has begun
      running = undefined;
      if (code === null || stopped) return;
      report({ kind: "types", problems: problemsIn(written), ms: Math.round(performance.now() - began) });
    });
  };
  return {
    check,
    stop: async () => {
      stopped = true;
      const child = running;
      running = undefined;
      if (child === undefined || child.exitCode !== null) return;
      const ended = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function lower(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // it has ended
  }
}

/** The compiler's lines: `handlers/x.ts(3,5): error TS2322: ...`; those that are indented go on with the one before. */
export function problemsIn(written: string): Problem[] {
  return written.split("\n").flatMap((text): Problem[] => {
    const [, file, line, column, message] = /^(.+)\((\d+),(\d+)\): (error TS\d+: .*)$/.exec(text) ?? [];
    if (message !== undefined) return [{ file, line: Number(line), column: Number(column), message }];
    return text.startsWith("error TS") ? [{ message: text }] : [];
  });
}
