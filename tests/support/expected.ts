import { expect } from "chai";
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { format } from "prettier";

/**
 * Compares a value with the one in a file beside the test; with the environment variable `UPDATE=1` it writes the file
 * instead, for a person to read in the diff.
 */
export async function expectFile(value: unknown, file: URL): Promise<void> {
  if (process.env["UPDATE"] === "1") {
    await writeFile(file, await format(JSON.stringify(value), { parser: "json", printWidth: 120 }));
  }
  const expected: unknown = JSON.parse(await readFile(file, "utf8"));
  expect(value, `differs from ${basename(file.pathname)}; UPDATE=1 npx mocha writes it anew`).to.deep.equal(expected);
}
