import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { LocalCloudError } from "../shared/names.ts";

/** dynoxide's version, which is that of package.json. */
export const version = "1.2.1";

/**
 * The hashes of dynoxide's packages, as a registry gives them: `npm view @dynoxide/PLATFORM@VERSION dist.integrity`. What has
 * none here is neither fetched nor run. npm ci checks the one of package-lock.json by itself.
 */
export const integrities: Readonly<Record<string, string>> = {
  "linux-x64": "sha512-sBHqlxJ9ANkLluFkYRfd5r8Y0ApFew4FhOrlhgRAgD4XzEoFOukEo1nuBTQ1+jTtofqwn4NWQ2k0Tn5mNTjgUg==",
};

/** The platform, and where what is fetched for it is kept. */
export interface BinaryArgs {
  /** `linux-x64`, for instance: Node's platform and architecture. */
  readonly platform: string;
  /** A folder in which the binary is kept once it is fetched. */
  readonly cache: string;
  /** Takes a line for the person: what is fetched. */
  readonly say: (line: string) => void;
}

/**
 * Finds dynoxide's binary: as npm installed it, or else as it was fetched. It is fetched once, by npm.
 * @throws LocalCloudError where it cannot be had, or is not the one whose hash is known.
 */
export function findBinary({ platform, cache, say }: BinaryArgs): string {
  const name = `@dynoxide/${platform}`;
  const file = join(cache, `dynoxide-${version}-${platform}`);
  const found = [...installed(name), file].find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  const integrity = integrities[platform];
  const instead = "set DYNAMODB_ENDPOINT to the URL of any other DynamoDB.";
  if (integrity === undefined) {
    throw new LocalCloudError(
      `There is no dynoxide, the local DynamoDB, for ${platform} whose hash is known: add it in local/dynamodb/binary.ts, or ${instead}`,
    );
  }
  say(`fetching ${name}@${version}, the local DynamoDB for this machine (once)`);
  const archive = pack(`${name}@${version}`);
  if (archive === undefined)
    throw new LocalCloudError(`The local DynamoDB (${name}@${version}) cannot be fetched. Run "npm ci", or ${instead}`);
  keepBinary(archive, integrity, file);
  return file;
}

function installed(name: string): string[] {
  try {
    const folder = join(createRequire(import.meta.url).resolve(`${name}/package.json`), "..");
    return [join(folder, "dynoxide"), join(folder, "dynoxide.exe")];
  } catch {
    return [];
  }
}

/** The archive of a package, fetched by npm from its registry; undefined where it cannot be had. Nothing of it is run. */
function pack(reference: string): Buffer | undefined {
  const folder = mkdtempSync(join(tmpdir(), "order-fanout-dynoxide-"));
  try {
    const words = ["pack", reference, "--ignore-scripts", "--json", "--pack-destination", folder];
    const { status, stdout } = spawnSync("npm", words, { encoding: "utf8", shell: process.platform === "win32" });
    const [, filename] = /"filename":\s*"([^"]+)"/.exec(stdout ?? "") ?? [];
    return status === 0 && filename !== undefined ? readFileSync(join(folder, basename(filename))) : undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Takes the binary out of a package's archive, if the archive is the one that is meant.
 * @throws LocalCloudError where it is another; then nothing is written.
 */
export function keepBinary(archive: Buffer, integrity: string, file: string): void {
  const hash = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
  if (hash !== integrity) {
    throw new LocalCloudError(
      `The package of dynoxide, the local DynamoDB, that was fetched is not the one that is known: its hash is ${hash}, not ${integrity}. Nothing of it was kept or run. ` +
        "Find out why before you trust it.",
    );
  }
  const binary = fileOf(gunzipSync(archive), /(^|\/)dynoxide(\.exe)?$/);
  if (binary === undefined) throw new LocalCloudError("The package of dynoxide has no file dynoxide in it.");
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(`${file}.half`, binary, { mode: 0o700 });
  renameSync(`${file}.half`, file);
}

/** A regular file of a tar archive: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06. */
function fileOf(tar: Buffer, pattern: RegExp): Buffer | undefined {
  const text = (from: number, to: number) => tar.toString("latin1", from, to).split("\0")[0] ?? "";
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const size = Number.parseInt(text(at + 124, at + 136), 8);
    const isFile = ["0", ""].includes(text(at + 156, at + 157));
    if (isFile && pattern.test(text(at, at + 100))) return tar.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return undefined;
}
