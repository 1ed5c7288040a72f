import { expect } from "chai";
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { format } from "prettier";

/**
 * Compares a value with the one in a file beside the test. `npm run expected` has it write the file instead, for a
 * person to read the difference.
 */
export async function expectFile(value: unknown, file: URL): Promise<void> {
  if (process.env["UPDATE_EXPECTED"] === "1") {
    await writeFile(file, await format(JSON.stringify(value), { parser: "json", printWidth: 120 }));
  }
  const expected: unknown = JSON.parse(await readFile(file, "utf8"));
  const advice = `the graph differs from expected/${basename(file.pathname)}. Run \`npm run expected\` and read the difference; commit it if it is meant`;
  expect(value, advice).to.deep.equal(expected);
}
