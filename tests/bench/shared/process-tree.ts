import { execFileSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import * as z from "zod";
import { CommandError } from "../../../commands/shared/console.ts";

/** What a process and all that it started use. */
export interface Usage {
  /** Proportional set size of all processes together, in MB: a page that several share counts once. */
  readonly memoryMb: number;
  /** CPU time since their start in milliseconds, of processes that have ended too. */
  readonly cpuMs: number;
}

/** @throws CommandError on a system without /proc. */
export function requireProc(): void {
  if (process.platform !== "linux") {
    throw new CommandError(
      `Memory and CPU of a process's children are read from /proc, which ${process.platform} does not have. Run this on Linux.`,
    );
  }
}

/** Reads what a process and its descendants use. */
export async function usageOf(pid: number): Promise<Usage> {
  const all = (await Promise.all((await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(statOf))).flat();
  const tree = descendants(all, pid);
  const memory = await Promise.all(tree.map(({ pid }) => pssKb(pid)));
  return {
    memoryMb: memory.reduce((sum, kb) => sum + kb, 0) / 1_024,
    cpuMs: tree.reduce((sum, { ticks }) => sum + ticks, 0) * msPerTick(),
  };
}

/** A line of /proc/PID/stat, as far as it is needed: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html. */
export interface Stat {
  readonly pid: number;
  readonly parent: number;
  /** Its own CPU time and that of its children that have ended, in clock ticks. */
  readonly ticks: number;
}

/** Parses a line of /proc/PID/stat; the name in it may have spaces and brackets. */
export function parseStat(line: string): Stat {
  const [pid] = line.split(" ");
  // Behind the name: state, ppid, then utime, stime, cutime and cstime as the 14th to 17th field.
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return z.object({ pid: z.number(), parent: z.number(), ticks: z.number() }).parse({
    pid: Number(pid),
    parent: Number(fields[1]),
    ticks,
  });
}

/** The process and all that descend from it. */
export function descendants(all: readonly Stat[], pid: number): Stat[] {
  const own = all.filter((one) => one.pid === pid);
  const children = all.filter((one) => one.parent === pid);
  return [...own, ...children.flatMap((child) => descendants(all, child.pid))];
}

/** None for a process that has just ended. */
const statOf = async (pid: string): Promise<Stat[]> => {
  const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return line === undefined ? [] : [parseStat(line)];
};

async function pssKb(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0);
}

let tickMs: number | undefined;
const msPerTick = (): number => (tickMs ??= 1_000 / Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" })));
