import { expect } from "chai";
import fc from "fast-check";
import { Problem } from "../../../contracts/problems.ts";
import { idempotencyKey, keyHash } from "../../../handlers/place-order/idempotency-key.ts";

describe("idempotencyKey()", () => {
  it("is nothing without the header", () => {
    expect(idempotencyKey(undefined)).to.equal(undefined);
  });

  const accepted: [string, string][] = [
    ["a", "a"],
    ["8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"],
    ['"8e03978e"', "8e03978e"],
    ['"with,comma"', "with,comma"],
    [String.raw`"a\"b\\c"`, String.raw`a"b\c`],
    ["x".repeat(255), "x".repeat(255)],
    [`"${"x".repeat(255)}"`, "x".repeat(255)],
  ];
  for (const [header, key] of accepted) {
    it(`reads ${header.slice(0, 40)}`, () => {
      expect(idempotencyKey(header)).to.equal(key);
    });
  }

  const refused: Record<string, string> = {
    "an empty one": "",
    "an empty quoted one": '""',
    "one over 255 characters": "x".repeat(256),
    "a quoted one over 255 characters": `"${"x".repeat(256)}"`,
    "one that was given twice": "a,b",
    "a quoted one that was given twice": '"a","b"',
    "a half-quoted one": '"a',
    "one with a quote inside": 'a"b',
    "one with a space": "a b",
    "a quoted one with a space": '"a b"',
    "one with a control character": "a\u0007",
    "one that is not ASCII": "schlüssel",
    "one with a line break at its end": "a\n",
  };
  for (const [what, header] of Object.entries(refused)) {
    it(`refuses ${what}`, () => {
      expect(() => idempotencyKey(header))
        .to.throw(Problem)
        .that.includes({ type: "invalid-idempotency-key", status: 400 });
    });
  }

  it("gives back every visible ASCII key as it was quoted", () => {
    const key = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 255,
    });
    fc.assert(
      fc.property(key, (text) => idempotencyKey(`"${text.replace(/["\\]/g, String.raw`\$&`)}"`) === text),
      { verbose: true },
    );
  });

  it("takes the bare and the quoted form of a key for the same", () => {
    const key = fc.stringMatching(/^[a-zA-Z0-9-]{1,255}$/);
    fc.assert(
      fc.property(key, (text) => idempotencyKey(text) === idempotencyKey(`"${text}"`)),
      { verbose: true },
    );
  });
});

describe("keyHash()", () => {
  it("gives each caller keys of their own", () => {
    const hashes = [
      { key: "1" },
      { customerId: "c-1", key: "1" },
      { customerId: "c-2", key: "1" },
      { issuer: "https://one.test", customerId: "c-1", key: "1" },
      { issuer: "https://two.test", customerId: "c-1", key: "1" },
      { issuer: "https://two.test", customerId: "c-1", key: "2" },
      { issuer: "c-1", key: "1" },
    ].map(keyHash);
    expect(new Set(hashes).size).to.equal(hashes.length);
    expect(keyHash({ customerId: "c-1", key: "1" })).to.equal(hashes[1]);
  });
});
