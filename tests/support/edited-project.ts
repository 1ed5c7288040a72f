import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { startLocalCloud, type LocalCloud } from "./cloud.ts";
import { root } from "./evaluate.ts";
import { inCopy } from "./project-copy.ts";
import { until } from "./until.ts";

const Report = z.looseObject({ kind: z.string(), number: z.int(), at: z.number() });
const Reports = z.object({ watching: z.boolean(), reports: Report.array() });

/** What came of a save: its kind, and what it says. */
export interface Outcome {
  readonly kind: string;
  readonly [more: string]: unknown;
}

/** A copy of the project that somebody edits, while the local cloud runs it. */
export interface EditedProject {
  readonly folder: string;
  readonly cloud: LocalCloud;
  /** Replaces a text that a file has once. */
  edit(file: string, from: string, to: string): Promise<void>;
  write(file: string, text: string): Promise<void>;
  /** Saves something, and gives what came of it. */
  outcomeOf(save: () => Promise<void>): Promise<Outcome>;
  stop(): Promise<void>;
}

/** Starts the local cloud in a copy of the project, on a stack's config of tests/stacks/; `speed` is its flag. */
export async function startEdited(config: string, speed = 1): Promise<EditedProject> {
  const started = Promise.withResolvers<EditedProject>();
  const over = Promise.withResolvers<void>();
  const gone = inCopy({ cache: true }, async (folder) => {
    await copyFile(join(root, "tests/stacks", config), join(folder, config));
    const state = join(folder, ".local");
    const cloud = await startLocalCloud({
      cwd: folder,
      state,
      configFile: config,
      watch: true,
      speed,
    });
    await until("files are watched", async () => Reports.parse(await cloud.local("reload")).watching);
    started.resolve(projectIn(folder, cloud, over.resolve));
    await over.promise;
    await cloud.stop();
  });
  gone.catch(started.reject);
  const project = await started.promise;
  return { ...project, stop: async () => (await project.stop(), gone) };
}

function projectIn(folder: string, cloud: LocalCloud, end: () => void): EditedProject {
  const write = (file: string, text: string) => writeFile(join(folder, file), text);
  const reports = async () => Reports.parse(await cloud.local("reload")).reports;
  return {
    folder,
    cloud,
    write,
    edit: async (file, from, to) => {
      const parts = (await readFile(join(folder, file), "utf8")).split(from);
      if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${from}`);
      await write(file, parts.join(to));
    },
    outcomeOf: async (save) => {
      const before = (await reports()).at(-1)?.number ?? 0;
      await save();
      const { number, at, ...outcome } = await until("the save is taken up", async () =>
        (await reports()).find((report) => report.number > before),
      );
      void [number, at];
      return outcome;
    },
    stop: async () => end(),
  };
}
