// `npm run policy`: writes policy/pack/index.js and the table of the rules in docs/policy.md anew.
import { build } from "esbuild";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { format } from "prettier";
import { rows, rules } from "./rules.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
export const documentFile = fileURLToPath(new URL("../docs/policy.md", import.meta.url));
export const packFile = fileURLToPath(new URL("pack/index.js", import.meta.url));

/**
 * The policy pack as one plain CommonJS file, because the CLI loads packs by a ts-node of its own, which knows neither
 * ES modules nor `.ts` in imports. Pulumi's packages are not in it: they are the project's.
 */
export async function packSource(): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["policy/pack-entry.ts"],
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    format: "cjs",
    packages: "external",
    banner: { js: "// Made of policy/ by `npm run policy`. Edit the rules there." },
  });
  return outputFiles.map(({ text }) => text).join("");
}

/** docs/policy.md with the table of the rules as they are. */
export async function withTable(document: string): Promise<string> {
  const lines = rules.map(
    ({ id, row, title, page, productionOnly }) =>
      `| ${row} ${rows[row - 1]} | [\`${id}\`](${page}) | ${title.replace(/^In production, /, "")} | ${productionOnly ? "production" : ""} |`,
  );
  const table = ["| row | rule | what holds | only in |", "| --- | --- | --- | --- |", ...lines].join("\n");
  const [, before, after] = /^([^]*<!-- rules -->\n)[^]*(<!-- end -->[^]*)$/.exec(document) ?? [];
  if (before === undefined || after === undefined) throw new Error("docs/policy.md has no place for the rules");
  const marked = `${before}\n${table}\n\n${after}`;
  return format(marked, { parser: "markdown", printWidth: 120 });
}

if (import.meta.main) {
  await writeFile(packFile, await packSource());
  await writeFile(documentFile, await withTable(await readFile(documentFile, "utf8")));
}
