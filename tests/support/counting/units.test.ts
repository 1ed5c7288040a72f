import { expect } from "chai";
import { itemBytes } from "./item-size.ts";
import { indexUnits, readUnits, writeUnits, type CountedIndex } from "./units.ts";

const text = (bytes: number) => ({ a: "x".repeat(bytes - 1) });
const marks: CountedIndex = { name: "marks", key: ["shard", "since"], projected: ["id", "shard", "since"] };
const marked = { id: "1", shard: "s", since: "t", event: "e" };

describe("DynamoDB units as AWS counts them", () => {
  it("are of an item's names and values, with 3 bytes for a list or a map and 1 for each element", () => {
    const sizes = [
      { name: "ü" },
      { n: 1_299 },
      { n: -120 },
      { n: 0.5 },
      { b: true, nothing: null },
      { l: ["ab", "c"] },
      { m: { k: "v" } },
      { s: new Set(["ab", "c"]) },
    ].map((item) => itemBytes(item));
    expect(sizes).to.deep.equal([6, 4, 4, 3, 10, 9, 7, 4]);
  });

  it("of a write are a kilobyte each of the larger item, before or after", () => {
    expect([
      writeUnits(undefined, text(1_024)),
      writeUnits(undefined, text(1_025)),
      writeUnits(text(2_049), text(10)),
      writeUnits(undefined, undefined),
    ]).to.deep.equal([1, 2, 3, 1]);
  });

  it("of a read are 4 KB each, half where it is eventually consistent, and no less for what is not there", () => {
    expect([readUnits(0, true), readUnits(4_096, false), readUnits(4_097, true)]).to.deep.equal([1, 0.5, 2]);
  });

  it("of an index are one for an entry that comes or goes, two where its key changes, none where nothing does", () => {
    const unmarked = { id: "1", since: "t", event: "e" };
    expect([
      indexUnits(marks, undefined, marked),
      indexUnits(marks, marked, unmarked),
      indexUnits(marks, marked, { ...marked, since: "u" }),
      indexUnits(marks, marked, { ...marked, event: "other" }),
      indexUnits(marks, undefined, unmarked),
    ]).to.deep.equal([1, 1, 2, 0, 0]);
  });
});
