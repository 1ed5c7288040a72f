// `npm run record-release`: writes the graph of this release, which every later one is compared with.
import { relative } from "node:path";
import { root } from "../support/evaluate.ts";
import { currentRelease, writeRelease } from "./releases.ts";

try {
  const release = await currentRelease();
  const file = await writeRelease(release);
  const counts = release.stacks.map(({ stack, resources }) => `${stack} ${resources.length} resources`);
  console.log(`${relative(root, file)}: ${counts.join(", ")}. Commit it with the release.`);
} catch (error) {
  const recorded = error instanceof Error && "code" in error && error.code === "EEXIST";
  console.error(
    recorded
      ? "This version is recorded already. Raise `version` in package.json for the next release."
      : String(error instanceof Error ? error.message : error),
  );
  process.exitCode = 1;
}
