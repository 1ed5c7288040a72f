import { expect } from "chai";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as z from "zod";
import { findBinary, integrities, keepBinary, version } from "../../../local/dynamodb/binary.ts";
import { root } from "../../support/evaluate.ts";

/** A tar archive of files, as npm packs them. */
const tar = (files: Readonly<Record<string, string>>): Buffer =>
  Buffer.concat([
    ...Object.entries(files).map(([name, content]) => {
      const header = Buffer.alloc(512);
      header.write(name);
      header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
      header.write("0", 156);
      return Buffer.concat([header, Buffer.from(content), Buffer.alloc((512 - (content.length % 512)) % 512)]);
    }),
    Buffer.alloc(1_024),
  ]);
const Lock = z.object({ packages: z.record(z.string(), z.object({ integrity: z.string().optional() })) });
const Package = z.object({ optionalDependencies: z.record(z.string(), z.string()) });
const json = (file: string): unknown => JSON.parse(readFileSync(join(root, file), "utf8"));

describe("dynoxide's binary", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "order-fanout-binary-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const archive = gzipSync(tar({ "package/package.json": "{}", "package/dynoxide": "#!/bin/sh\n".repeat(100) }));
  const hashOf = (bytes: Buffer) => `sha512-${createHash("sha512").update(bytes).digest("base64")}`;

  it("is taken out of a package whose hash is the known one", () => {
    const file = join(folder, "cache/dynoxide");
    keepBinary(archive, hashOf(archive), file);
    expect(readFileSync(file, "utf8")).to.equal("#!/bin/sh\n".repeat(100));
    if (process.platform !== "win32") expect(statSync(file).mode & 0o777).to.equal(0o700);
  });

  it("is not kept, and so never run, when the hash is another", () => {
    const file = join(folder, "dynoxide");
    const known = hashOf(Buffer.from("another"));
    expect(() => keepBinary(archive, known, file)).to.throw(
      `its hash is ${hashOf(archive)}, not ${known}. Nothing of it was kept or run. Find out why before you trust it.`,
    );
    expect(existsSync(file)).to.equal(false);
  });

  it("is not fetched for a platform whose hash is not known", () => {
    const said: string[] = [];
    const find = () => findBinary({ platform: "plan9-mips", cache: folder, say: (line) => said.push(line) });
    expect(find).to.throw(
      "There is no dynoxide, the local DynamoDB, for plan9-mips whose hash is known: add it in local/dynamodb/binary.ts, " +
        "or set DYNAMODB_ENDPOINT to the URL of any other DynamoDB.",
    );
    expect(said).to.deep.equal([]);
  });

  it("has the version and the hashes of package.json and package-lock.json", () => {
    const { optionalDependencies } = Package.parse(json("package.json"));
    const { packages } = Lock.parse(json("package-lock.json"));
    const locked = Object.keys(optionalDependencies).filter((name) => name.startsWith("@dynoxide/"));
    expect(
      locked.map((name) => [optionalDependencies[name], packages[`node_modules/${name}`]?.integrity]),
    ).to.deep.equal(locked.map((name) => [version, integrities[name.replace("@dynoxide/", "")]]));
  });
});
