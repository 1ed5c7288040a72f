import { expect } from "chai";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support/evaluate.ts";

/** The cells of the rows of a Markdown file's tables, without the heads and the rules beneath them. */
function rows(markdown: string): string[][] {
  const cells = markdown.split("\n").map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  const isRule = (row: readonly string[] = []) => row.length > 0 && row.every((cell) => /^:?-+:?$/.test(cell));
  return cells.filter((row, index) => !isRule(row) && !isRule(cells[index + 1]));
}

describe("docs/fidelity.md", () => {
  const table = rows(readFileSync(join(root, "docs/fidelity.md"), "utf8")).filter((row) => row.length === 4);

  it("names for each behaviour a page of AWS's", () => {
    expect(table).to.have.length.above(20);
    const without = table.filter(([, page = ""]) => !page.includes("](https://docs.aws.amazon.com/"));
    expect(without).to.deep.equal([]);
  });

  it("names for each behaviour tests that exist, by the beginnings of their titles", () => {
    const missing = table.flatMap(([behaviour, , , tests = ""]) =>
      tests.split(";").flatMap((named) => {
        const [, path, title] = /^\s*`([\w/-]+)`: (.+?)\s*$/.exec(named) ?? [];
        const file = join(root, `tests/${path}.test.ts`);
        const found = title !== undefined && existsSync(file) && readFileSync(file, "utf8").includes(`it("${title}`);
        return found ? [] : [`${behaviour}: ${named}`];
      }),
    );
    expect(missing).to.deep.equal([]);
  });
});
