// `npm run test:browser`: pages in real Chromium call a local stack: one that may, and one that may not. Not in `npm test`,
// which needs no browser. Exits with 2 where there is no Chromium.
import { accessSync, constants } from "node:fs";
import { spawnSync } from "node:child_process";
import { chromiumFile } from "./chromium.ts";

try {
  accessSync(chromiumFile, constants.X_OK);
} catch {
  console.error(
    `There is no Chromium at ${chromiumFile}. Install it (Debian: apt-get install chromium), or name another by the variable CHROMIUM.`,
  );
  process.exit(2);
}
const mocha = "node_modules/mocha/bin/mocha.js";
const { status } = spawnSync(
  process.execPath,
  [mocha, "--no-parallel", "tests/browser/cors.ts", "tests/browser/attack.ts", "tests/browser/page.ts"],
  { stdio: "inherit" },
);
process.exitCode = status ?? 1;
