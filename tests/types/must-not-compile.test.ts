import { expect } from "chai";
import { diagnose, type Diagnosis } from "../support/compile.ts";
import { given, right } from "./accepted.ts";
import { firstErrors } from "./first-errors.ts";
import { wrong } from "./rejected.ts";

const codes = { ...right, ...Object.fromEntries(Object.entries(wrong).map(([name, { code }]) => [name, code])) };
const programs = Object.fromEntries([
  ...Object.entries(codes).map(([name, code]) => [name, { "index.ts": given + code }] as const),
  ...Object.entries(firstErrors).map(([name, { files }]) => [name, files] as const),
]);

describe("what must not compile", () => {
  let found: ReadonlyMap<string, readonly Diagnosis[]>;
  before(function () {
    this.timeout(0);
    found = diagnose(programs);
  });

  for (const [name, { errors }] of Object.entries(wrong)) {
    it(`rejects ${name}`, () => {
      const printed = (found.get(name) ?? []).map(({ code, message }, index) => {
        const part = errors[index]?.[1] ?? "nothing";
        return [code, message.includes(part) ? part : message];
      });
      expect(printed).to.deep.equal(errors);
    });
  }
  for (const name of Object.keys(right)) {
    it(`accepts ${name}`, () => {
      expect(found.get(name)).to.deep.equal([]);
    });
  }
  for (const [name, { printed }] of Object.entries(firstErrors)) {
    it(`says first, in at most six lines, ${name}`, () => {
      const first = found.get(name)?.[0]?.printed ?? "nothing";
      expect(elide(first).split("\n")).to.deep.equal(printed);
      expect(printed).to.have.length.at.most(6);
    });
  }
});

/**
 * Long types change with every schema, the topic's with every event, and the order in a union with every other file:
 * none of them is looked at.
 */
const elide = (text: string): string =>
  text
    .replace(/FanOutTopic<[^>]+>/g, "FanOutTopic<...>")
    .replace(/'[^']{161,}'/g, "'...'")
    .replace(/"[^"|]+"(?: \| "[^"|]+")+/g, (union) => union.split(" | ").sort().join(" | "));
