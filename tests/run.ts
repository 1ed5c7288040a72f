// `npm test`: everything there is to check; `npm test -- FILE ...`: those test files alone.
import { spawnSync } from "node:child_process";

const args = process.argv.slice(2);
const files = args.some((word) => !word.startsWith("-"));

if (!files) run("npm", ["run", "--silent", "check"]);
run(process.execPath, ["node_modules/mocha/bin/mocha.js", ...(files ? args : [...args, "tests/**/*.test.ts"])]);

function run(command: string, words: readonly string[]): void {
  // On Windows npm is a script of its shell.
  const shell = command === "npm" && process.platform === "win32";
  const { status } = spawnSync(command, words, { stdio: "inherit", shell });
  if (status !== 0) process.exit(status ?? 1);
}
