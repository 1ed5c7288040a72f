// `npm run expected`: writes the expected graph of the dev stack anew, and shows the difference to the one committed.
import { spawnSync } from "node:child_process";

const mocha = ["node_modules/mocha/bin/mocha.js", "--reporter", "dot", "tests/components/whole-stack.test.ts"];
const written = spawnSync(process.execPath, mocha, {
  env: { ...process.env, UPDATE_EXPECTED: "1" },
  encoding: "utf8",
});
if (written.status !== 0) {
  process.stderr.write(`The expected graph was not written:\n${written.stdout}${written.stderr}`);
  process.exit(1);
}
const difference = ["--no-pager", "diff", "--exit-code", "--", "tests/components/expected"];
const { status, error } = spawnSync("git", difference, { stdio: "inherit" });
if (error) process.stdout.write("tests/components/expected/ is written; without git there is no difference to show.\n");
else if (status === 0) process.stdout.write("The graph is the one expected: nothing has changed.\n");
