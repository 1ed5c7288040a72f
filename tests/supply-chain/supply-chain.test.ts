import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { root } from "../support/evaluate.ts";
import { Lock, Manifest, read as known, violations } from "./rules.ts";

const text = (file: string) => readFileSync(join(root, file), "utf8");
const manifest = Manifest.parse(JSON.parse(text("package.json")));
const lock = Lock.parse(JSON.parse(text("package-lock.json")));
const Sbom = z.object({
  bomFormat: z.literal("CycloneDX"),
  specVersion: z.string(),
  components: z.array(z.object({ purl: z.string(), hashes: z.array(z.object({ alg: z.string() })) })),
});

describe("The packages that this project uses", () => {
  /** The lock with another `zod`. */
  const doctored = (zod: Partial<Lock["packages"][string]>): Lock => {
    const entry = lock.packages["node_modules/zod"];
    if (entry === undefined) throw new Error("zod is not in the lock");
    return { packages: { ...lock.packages, "node_modules/zod": { ...entry, version: "1.0.0", ...zod } } };
  };
  const found = (zod: Partial<Lock["packages"][string]>, read?: Record<string, string>) =>
    violations(manifest, doctored(zod), { ...known, ...read });
  const advice = "is not permissive. Do without it, or read it: tests/supply-chain/rules.ts.";

  it("have permissive licences, exact versions, hashes, and no install script that nobody decided on", () => {
    expect(Object.keys(lock.packages)).to.have.length.above(400);
    expect(violations(manifest, lock)).to.deep.equal([]);
  });

  it("are refused with a licence that is not permissive, none, or a choice of which a part binds", () => {
    const licences = [
      "GPL-3.0-only",
      "SEE LICENSE IN LICENSE",
      "MIT AND GPL-2.0-only",
      "Apache-2.0 WITH LLVM-exception",
      "MPL-2.0",
    ];
    for (const license of licences)
      expect(found({ license }), license).to.deep.equal([`zod@1.0.0: the licence ${license} ${advice}`]);
    expect(found({ license: undefined })).to.deep.equal([`zod@1.0.0: the licence that it does not name ${advice}`]);
    expect(found({ license: "(MIT OR GPL-3.0-only)" })).to.deep.equal([]);
    expect(found({ license: "(BSD-3-Clause AND Apache-2.0)" })).to.deep.equal([]);
  });

  it("have MPL-2.0 by name, and only where they are never shipped", () => {
    const mpl = { zod: "MPL-2.0" };
    expect(found({ license: "MPL-2.0", dev: true }, mpl)).to.deep.equal([]);
    expect(found({ license: "MPL-2.0", dev: false }, mpl)).to.deep.equal([`zod@1.0.0: the licence MPL-2.0 ${advice}`]);
    expect(found({ license: "GPL-3.0-only", dev: true }, mpl)).to.deep.equal([
      `zod@1.0.0: the licence GPL-3.0-only ${advice}`,
    ]);
  });

  it("are refused with a range for a version, without a hash, and with an install script that package.json does not name", () => {
    for (const version of ["^1.2.3", "1.x", "latest", "https://example.com/x.tgz", "*"]) {
      const ranged = { ...manifest, devDependencies: { ...manifest.devDependencies, yaml: version } };
      expect(violations(ranged, lock)).to.deep.equal([
        `yaml: "${version}" is no exact version. Pin it in package.json.`,
      ]);
    }
    expect(found({ integrity: undefined })).to.deep.equal([
      "zod@1.0.0: package-lock.json has no hash of it. Run npm install again.",
    ]);
    expect(found({ hasInstallScript: true })).to.deep.equal([
      "zod@1.0.0: runs a script when it is installed. Allow or refuse that in package.json, under allowScripts.",
    ]);
    expect(found({ hasInstallScript: true, name: "esbuild" })).to.deep.equal([]);
  });

  it("are each named, with a hash, by npm run sbom", () => {
    const shell = process.platform === "win32";
    const { components, specVersion } = Sbom.parse(
      JSON.parse(
        execFileSync("npm", ["run", "--silent", "sbom"], { cwd: root, encoding: "utf8", shell, maxBuffer: 2 ** 26 }),
      ),
    );
    const named = new Set(components.map(({ purl }) => purl));
    const production = Object.entries(lock.packages)
      .filter(([folder, { dev }]) => folder !== "" && !dev)
      .map(([folder, { name, version }]) => {
        const full = name ?? folder.split("node_modules/").at(-1) ?? "";
        return `pkg:npm/${full.replace("@", "%40")}@${version}`;
      });
    expect(Number(specVersion)).to.be.at.least(1.5);
    expect(production).to.have.length.above(200);
    expect(production.filter((purl) => !named.has(purl))).to.deep.equal([]);
    expect(components.filter(({ hashes }) => !hashes.some(({ alg }) => alg === "SHA-512"))).to.deep.equal([]);
  });
});
