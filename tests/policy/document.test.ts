import { expect } from "chai";
import { readFile } from "node:fs/promises";
import { documentFile, withTable } from "../../policy/build.ts";
import { rules } from "../../policy/rules.ts";

const JUDGEMENTS = ["pass", "not applicable", "accepted"];

describe("docs/policy.md", () => {
  let document: string;
  before(async () => {
    document = await readFile(documentFile, "utf8");
  });

  it("lists the rules as they are", async () => {
    expect(document, "docs/policy.md lags behind. Run `npm run policy`").to.equal(await withTable(document));
  });

  it("judges each rule of cdk-nag once: a pass by rules that exist, anything else with its reason", () => {
    const lines = document.split("\n").filter((line) => /^\| (AwsSolutions|Serverless)-/.test(line));
    const cells = lines.map((line) => line.split("|").map((cell) => cell.trim()));
    const known = new Set(rules.map(({ id }) => id));
    const wrong = cells.filter(([, , asks = "", judgement = "", reason = ""]) => {
      const named = [...reason.matchAll(/`([a-z0-9-]+)`/g)].map(([, id = ""]) => id);
      const unknown = named.filter((id) => !known.has(id));
      const proven = judgement === "pass" ? named.length > 0 : reason.length > 10;
      return asks === "" || !JUDGEMENTS.includes(judgement) || unknown.length > 0 || !proven;
    });

    expect(wrong).to.deep.equal([]);
    expect(lines).to.have.length(47);
    expect(new Set(cells.map(([, id]) => id)).size).to.equal(lines.length);
  });
});
