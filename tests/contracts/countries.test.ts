import { expect } from "chai";
import {
  countriesOfPhone,
  countryCodes,
  isKnownPhone,
  isPostalCode,
  needsPostalCode,
} from "../../contracts/countries.ts";

describe("countries", () => {
  it("are the 249 of ISO 3166-1, each with a telephone code", () => {
    expect(countryCodes.size).to.equal(249);
    expect([...countryCodes].filter((code) => !/^[A-Z]{2}$/.test(code))).to.deep.equal([]);
  });

  it("are told by the longest beginning of a telephone number, and several share one", () => {
    const of = Object.fromEntries(
      ["+442071234567", "+12025550143", "+18765550123", "+77012345678", "+74951234567", "+881612345678", "+999"].map(
        (phone) => [phone, countriesOfPhone(phone).join(" ")],
      ),
    );
    expect(of).to.deep.equal({
      "+442071234567": "GB GG IM JE",
      "+12025550143": "CA UM US",
      "+18765550123": "JM",
      "+77012345678": "KZ",
      "+74951234567": "RU",
      "+881612345678": "",
      "+999": "",
    });
    expect(["+881612345678", "+38344123456", "+999"].map(isKnownPhone)).to.deep.equal([true, true, false]);
  });

  it("have postal codes of their own shapes, however they are written", () => {
    const good: [string, string][] = [
      ["DE", "10115"],
      ["DE", "D-10115"],
      ["GB", "sw1y4jh"],
      ["GB", "W1A 1AA"],
      ["US", "90210-1234"],
      ["NL", "NL-1016 GV"],
      ["JP", "〒１００－０００１"],
      ["GR", "ΤΚ 104 31"],
      ["GR", "Τ.Κ. 10431"],
      ["IR", "۱۴۱۵۷۸۳۹۱۱"],
      ["PL", "00-001"],
    ];
    const bad: [string, string][] = [
      ["US", "2202"],
      ["US", "ABCDE"],
      ["DE", "1011"],
      ["DE", "10115!"],
      ["GB", "00000"],
      ["GB", "SW1Y_4JH"],
      ["CA", "12345"],
      ["NL", "1016"],
      ["JP", "1000"],
    ];
    expect(good.filter(([country, code]) => !isPostalCode(country, code))).to.deep.equal([]);
    expect(bad.filter(([country, code]) => isPostalCode(country, code))).to.deep.equal([]);
  });

  it("without codes, or of which too little is known, take none and any", () => {
    for (const country of ["AE", "HK", "IE", "QA", "PE", "TV"]) {
      expect(needsPostalCode(country)).to.equal(false);
      expect(["00000", "D01 F5P2", "GA-184"].every((code) => isPostalCode(country, code))).to.equal(true);
      expect(["<script>", "-", "x".repeat(13)].some((code) => isPostalCode(country, code))).to.equal(false);
    }
    expect(["GB", "DE", "US", "JP", "BR"].every(needsPostalCode)).to.equal(true);
  });
});
