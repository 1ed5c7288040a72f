import { expect } from "chai";
import fc from "fast-check";
import { Problem } from "../../../contracts/problems.ts";
import { parseJson } from "../../../runtime/lambda/json.ts";

const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

describe("parseJson()", () => {
  it("reads what JSON.parse reads, where no key is twice and it is not too deep", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 7 }), (value) => {
        const text = JSON.stringify(value);
        expect(parseJson(text)).to.deep.equal(JSON.parse(text));
      }),
      { verbose: true },
    );
  });

  it("is not misled by braces, quotes and colons in texts", () => {
    for (const text of [
      '{"a":"{\\"a\\":1}","b":"a\\":"}',
      '{"a":["a",":","}"]}',
      '{"a":{"a":1},"b":{"a":2}}',
      '["a","a"]',
    ]) {
      expect(parseJson(text)).to.deep.equal(JSON.parse(text));
    }
  });

  const refused: Record<string, { text: string; detail: string }> = {
    "an empty body": { text: " \n", detail: "The body is empty: send a JSON object." },
    "what is not JSON": { text: "{", detail: "The body is not JSON." },
    "a key that is twice": { text: '{"a":1,"b":{},"a":2}', detail: 'The key "a" is in one object twice.' },
    "a key that is twice further in": { text: '[{"x":{"a":1,"a":1}}]', detail: 'The key "a" is in one object twice.' },
    "a key that is twice, once escaped": { text: '{"a":1,"\\u0061":2}', detail: 'The key "a" is in one object twice.' },
    "a key that is twice, with space before its colon": {
      text: '{"a" :1,"a"\n:2}',
      detail: 'The key "a" is in one object twice.',
    },
    "17 levels": { text: nested(17), detail: "The body is nested deeper than 16 levels." },
    "a hundred thousand levels": { text: nested(100_000), detail: "The body is nested deeper than 16 levels." },
  };
  for (const [what, { text, detail }] of Object.entries(refused)) {
    it(`refuses ${what}`, () => {
      expect(() => parseJson(text))
        .to.throw(Problem, detail)
        .that.includes({ type: "malformed-request", status: 400 });
    });
  }

  it("takes 16 levels", () => {
    expect(parseJson(nested(16))).to.deep.equal(JSON.parse(nested(16)));
  });

  it("reads a long text in a time that grows with its length alone", () => {
    // What takes the square of the length, or worse, does not end within the test's limit.
    const text = JSON.stringify({ a: '\\"'.repeat(2_000_000) });
    expect(parseJson(text)).to.deep.equal(JSON.parse(text));
  });
});
