import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, normalize, resolve } from "node:path";
import * as z from "zod";

/** A Pulumi archive or asset as plain data: a path, a text, or named assets. */
export const Archive = z.union([
  z.object({ path: z.string() }),
  z.object({ text: z.string() }),
  z.object({ assets: z.record(z.string(), z.unknown()) }),
]);
export type Archive = z.infer<typeof Archive>;

/**
 * Unpacks a function's code into a folder named by its content, beside a package.json that says CommonJS (Lambda's
 * default; the project's own says module). Returns the folder. A source map is no code: it does not count for the name,
 * and the newest is there.
 */
export async function unpack(archive: Archive, root: string, into: string): Promise<string> {
  const files = new Map<string, Uint8Array>();
  await collect(archive, "", root, files);
  if (!files.has("package.json")) files.set("package.json", Buffer.from('{"type":"commonjs"}\n'));
  const hash = createHash("sha256");
  const isMap = (name: string) => name.endsWith(".js.map");
  for (const name of [...files.keys()].filter((one) => !isMap(one)).sort())
    hash.update(`${name}\0${files.get(name)?.length}\0`).update(files.get(name) ?? "");
  const folder = join(into, hash.digest("hex").slice(0, 16));
  if (existsSync(folder)) {
    for (const [name, content] of files) if (isMap(name)) writeFileSync(join(folder, name), content);
    return folder;
  }
  const half = `${folder}.half`;
  rmSync(half, { recursive: true, force: true });
  for (const [name, content] of files) {
    const file = join(half, normalize(name));
    if (!file.startsWith(half)) throw new Error(`the archive names a file outside itself: ${name}`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  renameSync(half, folder);
  return folder;
}

/** Takes away the code that no function has any more. */
export function removeUnused(into: string, used: ReadonlySet<string>): void {
  for (const name of existsSync(into) ? readdirSync(into) : [])
    if (!used.has(join(into, name))) rmSync(join(into, name), { recursive: true, force: true });
}

async function collect(archive: Archive, name: string, root: string, files: Map<string, Uint8Array>): Promise<void> {
  if ("text" in archive) {
    files.set(name, Buffer.from(archive.text));
  } else if ("assets" in archive) {
    for (const [key, asset] of Object.entries(archive.assets)) {
      await collect(Archive.parse(asset), join(name, key), root, files);
    }
  } else {
    await collectPath(resolve(root, archive.path), name, files);
  }
}

async function collectPath(path: string, name: string, files: Map<string, Uint8Array>): Promise<void> {
  if (statSync(path).isDirectory()) {
    for (const entry of readdirSync(path)) await collectPath(join(path, entry), join(name, entry), files);
  } else if (name === "" && path.endsWith(".zip")) {
    const { unzipSync } = await import("fflate");
    for (const [entry, content] of Object.entries(unzipSync(readFileSync(path)))) {
      if (!entry.endsWith("/")) files.set(entry, content);
    }
  } else {
    files.set(name, readFileSync(path));
  }
}
