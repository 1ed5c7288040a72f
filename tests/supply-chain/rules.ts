import * as z from "zod";

const Versions = z.record(z.string(), z.string()).default({});

/** What package.json says of its dependencies. */
export const Manifest = z.object({
  dependencies: Versions,
  devDependencies: Versions,
  optionalDependencies: Versions,
  /** By package: whether npm runs its install script. */
  allowScripts: z.record(z.string(), z.boolean()).default({}),
});
export type Manifest = z.output<typeof Manifest>;

const Locked = z.object({
  /** Where it is not the folder's: an alias. */
  name: z.string().optional(),
  version: z.string().optional(),
  license: z.string().optional(),
  integrity: z.string().optional(),
  /** Needed by developers alone. */
  dev: z.boolean().default(false),
  hasInstallScript: z.boolean().default(false),
});

/** What package-lock.json says of every package, by its folder. */
export const Lock = z.object({ packages: z.record(z.string(), Locked) });
export type Lock = z.output<typeof Lock>;

/** Permissive licences, by SPDX id: they ask for a notice at most, and nothing of who only uses a package. */
const permissive = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "MIT-0",
  "PSF-2.0",
  "Python-2.0",
  "Unlicense",
  "Zlib",
]);

/** Packages whose licence was read by a person. MPL-2.0 is taken for tools alone, which are never shipped. */
export const read: Readonly<Record<string, string>> = {
  // "SEE LICENSE IN LICENSE": the file is the MIT licence.
  "@logdna/tail-file": "MIT",
  // Looks in the browser tests for what keeps people out.
  "axe-core": "MPL-2.0",
  // A list of the exceptions' names, as data; nothing of it is shipped.
  "spdx-exceptions": "CC-BY-3.0",
};

/** Whether an SPDX expression leaves a choice of permissive licences alone: https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/. */
function isPermissive(expression: string): boolean {
  const alternatives = expression.replace(/[()]/g, "").split(" OR ");
  return alternatives.some((one) => one.split(" AND ").every((id) => permissive.has(id.trim())));
}

/** Everything that is wrong with the packages, a line each. `readLicences` are those that a person has read, by name. */
export function violations(manifest: Manifest, lock: Lock, readLicences = read): string[] {
  const packages = Object.entries(lock.packages)
    .filter(([folder]) => folder !== "")
    .map(([folder, locked]) => ({ ...locked, name: locked.name ?? folder.split("node_modules/").at(-1) ?? folder }));
  const direct = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  return [
    ...Object.entries(direct)
      .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
      .map(([name, version]) => `${name}: "${version}" is no exact version. Pin it in package.json.`),
    ...packages.flatMap(({ name, version, license, integrity, dev, hasInstallScript }) => {
      const which = `${name}@${version ?? "?"}`;
      const known = readLicences[name];
      const accepted =
        known === undefined ? isPermissive(license ?? "") : known !== "MPL-2.0" || (license === known && dev);
      return [
        ...(accepted
          ? []
          : [
              `${which}: the licence ${license ?? "that it does not name"} is not permissive. Do without it, or read it: tests/supply-chain/rules.ts.`,
            ]),
        ...(integrity === undefined ? [`${which}: package-lock.json has no hash of it. Run npm install again.`] : []),
        ...(hasInstallScript && !(name in manifest.allowScripts)
          ? [`${which}: runs a script when it is installed. Allow or refuse that in package.json, under allowScripts.`]
          : []),
      ];
    }),
  ];
}
