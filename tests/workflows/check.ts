// `npm run check:workflows`: actionlint and zizmor over .github/workflows, without the network. Exits with 1 when one of them
// finds something, with 2 when one is missing.
import { requireChecker, runChecker } from "../support/checkers.ts";

const requirements = "tests/workflows/requirements.txt";
const checkers = [
  { file: requireChecker("actionlint", requirements), words: ["-no-color"] },
  { file: requireChecker("zizmor", requirements), words: ["--offline", "--no-progress", ".github/workflows"] },
];

const codes = checkers.map(({ file, words }) => runChecker(file, words));
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;
if (process.exitCode === 0) console.log("actionlint and zizmor find nothing in .github/workflows.");
