// Part of `npm run check`: licences, exact versions, hashes and install scripts, from package.json and package-lock.json alone.
import { readFileSync } from "node:fs";
import { Lock, Manifest, violations } from "./rules.ts";

const json = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));
const found = violations(Manifest.parse(json("package.json")), Lock.parse(json("package-lock.json")));
for (const line of found) console.error(line);
process.exitCode = found.length === 0 ? 0 : 1;
