import { watch, type FSWatcher } from "chokidar";
import { basename, extname, relative, sep } from "node:path";
import type { Part } from "../shared/parts.ts";

/** Which files are watched. */
export interface WatchArgs {
  /** The project's folder. */
  readonly root: string;
  /** The state folder, which may be in it. */
  readonly state: string;
  /** The stack's config, absolute; it may be elsewhere. */
  readonly configFile: string;
  /** Files that changed after this time, in ms since 1970, count as changed. */
  readonly since: number;
  /**
   * Called when files changed and it is quiet again; what it does ends before it is called again. `early` says that some
   * had changed before the watch began; `paths` are absolute.
   */
  readonly changed: (early: boolean, paths: ReadonlySet<string>) => Promise<void>;
  /** Called when files cannot be watched, for instance because the system watches too many already. */
  readonly failed: (error: unknown) => void;
}

/** What sources are written in. */
const SOURCES = new Set([".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".json", ".yaml", ".yml"]);
/** Folders of the project that no function and no program is made of. */
const OTHERS = new Set(["tests", "docs"]);

/** An editor saves one file by a write or two; more at once is a tool that has not ended yet. */
const QUIET_MS = 15;
const MANY_QUIET_MS = 200;

/** Watches the project's sources, those that come later too. */
export async function start({ root, state, configFile, since, changed, failed }: WatchArgs): Promise<Part> {
  const paths = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  let busy = false;
  let stopped = false;
  let ready = false;
  let early = false;

  const wait = (): void => {
    clearTimeout(timer);
    if (busy || stopped) return;
    timer = setTimeout(run, paths.size > 1 ? MANY_QUIET_MS : QUIET_MS);
  };
  const run = (): void => {
    busy = true;
    const taken = new Set(paths);
    paths.clear();
    const before = early;
    early = false;
    running = changed(before, taken).finally(() => {
      busy = false;
      if (paths.size > 0) wait();
    });
  };
  const watcher: FSWatcher = watch([root, configFile], {
    alwaysStat: true,
    ignored: (path, stats) => path !== configFile && isIgnored(relative(root, path), state === path, stats?.isFile()),
  });
  watcher.on("error", failed);
  watcher.on("all", (event, path, stats) => {
    if (event === "addDir" || event === "unlinkDir") return;
    if (event === "add" && stats && Math.max(stats.mtimeMs, stats.ctimeMs) < since) return;
    early ||= !ready;
    paths.add(path);
    if (ready) wait();
  });
  await new Promise<void>((resolve) => watcher.once("ready", () => resolve()));
  ready = true;
  if (paths.size > 0) wait();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await watcher.close();
      await running;
    },
  };
}

function isIgnored(path: string, isState: boolean, isFile: boolean | undefined): boolean {
  if (path === "") return false;
  const [top = ""] = path.split(sep);
  const name = basename(path);
  if (isState || name.startsWith(".") || name === "node_modules" || OTHERS.has(top)) return true;
  return isFile === true && !SOURCES.has(extname(name));
}
