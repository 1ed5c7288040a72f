import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { evaluateStart, mergePatch } from "../../evaluation/evaluate.ts";
import { configOf, evaluateProgram, ownersValues, root, type Graph } from "../support/evaluate.ts";

/** The folder of the recorded releases, a file each. */
export const releases = join(import.meta.dirname, "releases");

const RecordedStack = z.object({
  stack: z.string(),
  /** The project's part of its config, with which the graph was made. */
  config: z.record(z.string(), z.unknown()),
  resources: z.array(z.object({ urn: z.string(), type: z.string(), inputs: z.record(z.string(), z.unknown()) })),
});

/** A release: what its stacks consist of. */
export const Release = z.object({
  version: z.string(),
  /** What a stack of this release must change in its config to be upgraded: a merge patch, written by hand. */
  configSince: z.record(z.string(), z.unknown()),
  stacks: z.array(RecordedStack),
});
export type Release = z.output<typeof Release>;

/** Every recorded release, the oldest first. */
export async function readReleases(folder = releases): Promise<Release[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
  return Promise.all(files.map(async (file) => Release.parse(JSON.parse(await readFile(join(folder, file), "utf8")))));
}

/** The stacks that are deployed, prod with made-up values of its owner's. */
const deployed = async () => [
  { stack: "dev", over: {} },
  { stack: "prod", over: await ownersValues() },
];

/** Evaluates the project's deployed stacks as a release. */
export async function currentRelease(): Promise<Release> {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(root, "package.json"), "utf8")));
  const stacks = await Promise.all(
    (await deployed()).map(async (asked) => ({
      stack: asked.stack,
      config: await configOf({ ...asked, stacks: root }),
      resources: recorded((await evaluateProgram({ ...asked, stacks: root })).resources),
    })),
  );
  return { version, configSince: {}, stacks };
}

/**
 * The program as it is, with the config that a stack of a release would have after its upgrade.
 * @throws Error with what the program threw, and what to do.
 */
export async function upgraded(
  stack: string,
  config: object,
  { configSince, version }: Pick<Release, "configSince" | "version">,
): Promise<Graph> {
  const merged = z.record(z.string(), z.unknown()).parse(mergePatch(config, configSince));
  const entries = Object.entries(merged).map(([key, value]) => [
    `order-fanout:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const texts = z.record(z.string(), z.string()).parse(Object.fromEntries(entries));
  const start = { entry: join(root, "index.ts"), project: "order-fanout", stack };
  try {
    return (await evaluateStart({ ...start, config: { "aws:region": "eu-west-1", ...texts } })).resources;
  } catch (error) {
    throw new Error(
      `${error instanceof Error ? error.message : String(error)}\n` +
        `A stack of ${version} cannot be upgraded with its config. Keep the key, or say in configSince of ` +
        `tests/upgrade/releases/${version}.json, and in the README, what must be changed.`,
    );
  }
}

/** The resources that AWS has, without the code of functions, which is another in each release. */
export const recorded = (graph: Graph): Release["stacks"][number]["resources"] =>
  [...graph]
    .filter(([, { custom }]) => custom)
    .map(([urn, { type, inputs }]) => {
      const kept = { ...inputs };
      delete kept["code"];
      return { urn, type, inputs: kept };
    })
    .sort((a, b) => (a.urn < b.urn ? -1 : 1));

/** Writes a release, a resource a line. @throws Error if there is one of its version. */
export async function writeRelease(release: Release, folder = releases): Promise<string> {
  const file = join(folder, `${release.version}.json`);
  const stacks = release.stacks.map(
    ({ stack, config, resources }) =>
      `{"stack":${JSON.stringify(stack)},"config":${JSON.stringify(config)},"resources":[\n${resources.map((one) => JSON.stringify(one)).join(",\n")}\n]}`,
  );
  const text = `{"version":${JSON.stringify(release.version)},"configSince":${JSON.stringify(release.configSince)},"stacks":[\n${stacks.join(",\n")}\n]}\n`;
  await writeFile(file, text, { flag: "wx" });
  return file;
}
