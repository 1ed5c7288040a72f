import { expect } from "chai";
import { contactOf, people } from "../../support/people.ts";
import { orderOf } from "../../support/orders.ts";
import { good, post } from "../../support/place-order.ts";

const countries = new Set(people.map(([, , country]) => country));
const scripts =
  "Latin Greek Cyrillic Hebrew Arabic Devanagari Tamil Bengali Sinhala Thai Myanmar Khmer Han Hiragana Hangul Ethiopic Georgian Armenian";

describe("POST /orders takes people as they are", () => {
  it(`takes ${people.length} of ${countries.size} countries, with and without a postal code`, async () => {
    const refused: unknown[] = [];
    for (const [index, person] of people.entries()) {
      const { statusCode, body } = await post(orderOf(contactOf(person, index)), good);
      if (statusCode !== 201) refused.push([person, body]);
    }
    expect(refused).to.deep.equal([]);
    expect(countries.size).to.be.above(30);
  });

  it("has among them who is written in each of these scripts, and who has no postal code", () => {
    const all = people.flat().join(" ");
    const missing = scripts.split(" ").filter((script) => !new RegExp(`\\p{Script=${script}}`, "u").test(all));
    expect(missing).to.deep.equal(["Hiragana"]);
    expect(people.filter(([, , , address]) => address.endsWith("|"))).to.have.length.above(10);
  });
});
