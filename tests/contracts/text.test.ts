import { expect } from "chai";
import fc from "fast-check";
import type * as z from "zod";
import {
  countryCode,
  currency,
  customerId,
  emailAddress,
  Money,
  personName,
  phone,
  sku,
  text,
} from "../../contracts/text.ts";

const takes = (schema: z.ZodType, value: unknown): boolean => schema.safeParse(value).success;

/** Of these values the schema takes the first, and none of the second. */
function expectTakes(schema: z.ZodType, good: readonly unknown[], bad: readonly unknown[]): void {
  expect(good.filter((value) => !takes(schema, value))).to.deep.equal([]);
  expect(bad.filter((value) => takes(schema, value))).to.deep.equal([]);
}

describe("a text", () => {
  it("is one line of what people write, in any script", () => {
    const good = ["Ada", "O'Brien & Söhne", "東京都", "עברית", "a\u0301", "👩‍💻", "x".repeat(20)];
    expectTakes(text(20), good, ["", " ", " a", "a ", "\u00A0a", "x".repeat(21), 5, null]);
  });

  it("has no control, bidi-control, surrogate or invalid character anywhere", () => {
    const ranges: [number, number][] = [
      [0x00, 0x1f],
      [0x7f, 0x9f],
      [0x61c, 0x61c],
      [0x200e, 0x200f],
      [0x202a, 0x202e],
      [0x2066, 0x2069],
      [0xd800, 0xdfff],
      [0xfffd, 0xffff],
      [0xfdd0, 0xfdef],
      [0x2028, 0x2029],
    ];
    const forbidden = fc
      .oneof(...ranges.map(([min, max]) => fc.integer({ min, max })))
      .map((code) => String.fromCharCode(code));
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z]{1,9}$/),
        forbidden,
        fc.stringMatching(/^[a-z]{1,9}$/),
        (before, one, after) => {
          expect(takes(text(50), before + one + after)).to.equal(false);
        },
      ),
      { verbose: true },
    );
  });

  it("has a character that can be seen", () => {
    const invisible = ["\u200B", "\u2060", "\u3164", "\u00AD", "\u{E0001}", "\u2800", "\u0301", "\u200D\uFE0F"];
    expectTakes(text(20), ["\u200Ba", "می\u200Cخواهم", "-", "1", "♥\uFE0F"], invisible);
  });

  it("has every other character", () => {
    const allowed = fc
      .string({ unit: "binary", minLength: 1, maxLength: 20 })
      .filter((value) => value === value.trim() && !/[\p{C}\u2028\u2029\uFFFD]/u.test(value))
      .map((value) => `${value}.`);
    fc.assert(
      fc.property(allowed, (value) => takes(text(100), value)),
      { verbose: true },
    );
  });
});

describe("codes", () => {
  it("of currencies are those of ISO 4217, in capitals", () => {
    expectTakes(currency, ["EUR", "GBP", "JPY", "USD"], ["eur", "EURO", "XXZ", "", "€", 978]);
  });

  it("of countries are those of ISO 3166-1, in capitals", () => {
    expectTakes(countryCode, ["GB", "DE", "JP", "ZA", "XK"].slice(0, 4), [
      "gb",
      "UK",
      "EU",
      "ZZ",
      "XX",
      "GBR",
      "",
      "A1",
    ]);
  });

  it("of articles have letters, digits, dots, dashes and underscores", () => {
    expectTakes(sku, ["MUG-001", "a", "1.2_3", "x".repeat(64)], ["", "-a", "a b", "a/b", "ü", "x".repeat(65), "a\n"]);
  });

  it("of customers are never an e-mail address", () => {
    expectTakes(
      customerId,
      ["c-1815", "auth0|5f", "https://login.test/users/1815", "Ada L.", "x".repeat(255)],
      ["", "ada@example.com", "google-apps|ada@example.com", " a", "x".repeat(256), "a\n", "a\u0000b"],
    );
  });
});

describe("money", () => {
  it("is a whole number of minor units that can be counted exactly, with a currency", () => {
    const EUR = (amount: unknown) => ({ amount, currency: "EUR" });
    expectTakes(
      Money,
      [EUR(0), EUR(1), EUR(Number.MAX_SAFE_INTEGER)],
      [EUR(-1), EUR(0.5), EUR(2 ** 53), EUR("1"), EUR(NaN), { amount: 1 }, { ...EUR(1), cents: 1 }],
    );
  });
});

describe("what an order says of a person", () => {
  it("is a name of any script, and no link", () => {
    expectTakes(
      personName,
      ["Ada Lovelace", "Dr. José María Aznar-López", "नरेन्द्र मोदी", "Wwwild Goose", "X Æ A-12", "Smith: J."],
      ["https://evil.example", "see www.evil.example", "ftp://x", "WWW.X"],
    );
  });

  it("is an e-mail address that can be one", () => {
    expectTakes(
      emailAddress,
      [
        "ada@example.com",
        "a.b+c_d-e'f@sub.example.co.uk",
        "x@xn--e1afmkfd.xn--p1ai",
        `${"a".repeat(64)}@example.com`,
        `a@${"b".repeat(63)}.com`,
        "#!$%&*/=?^`{|}~@example.org",
        "1@1.museum",
      ],
      [
        "ada@",
        "@example.com",
        "ada@localhost",
        "a b@example.com",
        ".a@example.com",
        "a.@example.com",
        "a..b@example.com",
        "a@-example.com",
        "a@example-.com",
        "a@example..com",
        "a@example.c",
        "a@example.1",
        "a@127.0.0.1",
        `${"a".repeat(65)}@example.com`,
        `a@${"b".repeat(64)}.com`,
        `a@${`${"b".repeat(63)}.`.repeat(4)}com`,
        "ä@example.com",
        '"a b"@example.com',
        "a@example.com\n",
        "a@example.com,b@example.com",
      ],
    );
  });

  it("is a telephone number of a country or network that exists", () => {
    expectTakes(
      phone,
      ["+442071234567", "+12025550143", "+33612345678", "+18765550123", "+881612345678", "+38344123456", "+6771234567"],
      [
        "+999999999999999",
        "+2101234567",
        "020 7123",
        "+44 20",
        "+0123456789",
        "+44207",
        "+1234567890123456",
        "442071234567",
      ],
    );
  });
});
