import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { expect } from "chai";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { CatalogueItem } from "../../contracts/stock.ts";
import { printed, refused, wrongCall, wrongly, type Shared } from "./shared.ts";

const MOST = Number.MAX_SAFE_INTEGER;

export function stockSuite(shared: () => Shared): void {
  describe("stock", () => {
    it("lists, adds to and sets the stock, and says what cannot be", async () => {
      const { shop, run } = shared();
      await shop.sells("STOCK-1", 7);
      const list = CatalogueItem.array().parse(JSON.parse((await run("stock", "list", "--json")).stdout));
      const add = await run("stock", "add", "STOCK-1", "-3");
      const tooMany = await run("stock", "add", "STOCK-1", "-9");
      const set = await run("stock", "set", "STOCK-1", "20");
      const unknown = await run("stock", "set", "NO-SUCH", "20");

      expect(list.find(({ sku }) => sku === "STOCK-1")?.onHand).to.equal(7);
      expect(add).to.deep.equal(printed("STOCK-1: 4 on hand"));
      expect(tooMany).to.deep.equal(refused("STOCK-1 has 4 on hand: at most 4 can be taken away."));
      expect(set).to.deep.equal(printed("STOCK-1: 20 on hand (was 4)"));
      expect(unknown).to.deep.equal(refused('There is no SKU "NO-SUCH". `npm run stock -- list` shows all.'));
    });

    it("never writes a count that JavaScript cannot hold", async () => {
      const { shop, run } = shared();
      await shop.sells("STOCK-2", 10);
      const over = await run("stock", "add", "STOCK-2", String(MOST - 9));
      const had = await shop.onHand("STOCK-2");
      const full = await run("stock", "add", "STOCK-2", String(MOST - 10));

      expect(over).to.deep.equal(refused(`STOCK-2 has 10 on hand: at most ${MOST - 10} can be added.`));
      expect(had).to.equal(10);
      expect(full).to.deep.equal(printed(`STOCK-2: ${MOST} on hand`));
    });

    it("takes whole numbers in digits alone", async () => {
      const { shop, run } = shared();
      await shop.sells("STOCK-3", 5);
      const words = ["", " ", "0x10", "1e3", "1.5", "+3", "9007199254740992"];
      const sets = await Promise.all(words.map((word) => run("stock", "set", "STOCK-3", word)));
      const negative = await run("stock", "set", "STOCK-3", "-1");

      expect(sets.map(wrongly)).to.deep.equal(
        words.map((word) =>
          wrongCall(`"${word}" is not a whole number within 2^53 - 1. Write it in digits alone, such as 12.`),
        ),
      );
      expect(wrongly(negative)).to.deep.equal(wrongCall("There cannot be -1 on hand. The least is 0."));
      expect(await shop.onHand("STOCK-3")).to.equal(5);
    });

    it("marks a row that cannot be sold, refuses to add to it, and mends its count by set", async () => {
      const { shop, run } = shared();
      const rows: [string, string, unknown][] = [
        ["BROKEN-1", "onHand", BigInt(MOST) * 2n],
        ["BROKEN-2", "onHand", 1.5],
        ["BROKEN-3", "onHand", "many"],
        ["BROKEN-4", "currency", "EURO"],
      ];
      for (const [sku, field, value] of rows) {
        await shop.sells(sku, 5);
        await shop.documents.send(
          new UpdateCommand({
            TableName: shop.outputs.tables.stock,
            Key: { sku },
            UpdateExpression: "SET #field = :value",
            ExpressionAttributeNames: { "#field": field },
            ExpressionAttributeValues: { ":value": value },
          }),
        );
      }
      const list = await run("stock", "list");
      const json = z
        .array(z.looseObject({ sku: z.string() }))
        .parse(JSON.parse((await run("stock", "list", "--json")).stdout));
      const add = await run("stock", "add", "BROKEN-1", "1");
      const sets = await Promise.all(rows.slice(0, 3).map(([sku]) => run("stock", "set", sku, "5")));
      const mended = await run("stock", "list");

      const broken = (text: string) => text.split("\n").filter((line) => /BROKEN|not valid/.test(line));
      expect(broken(list.stdout).map((line) => line.replace(/ +/g, " "))).to.deep.equal([
        "BROKEN-1 The BROKEN-1 1299 EUR 18014398509481982 not valid: onHand",
        "BROKEN-2 The BROKEN-2 1299 EUR 1.5 not valid: onHand",
        "BROKEN-3 The BROKEN-3 1299 EUR many not valid: onHand",
        "BROKEN-4 The BROKEN-4 1299 EURO 5 not valid: currency",
        "4 not valid: `npm run stock -- set SKU N` mends a count, `import` any other field.",
      ]);
      expect(json.filter(({ sku }) => sku === "BROKEN-1")).to.deep.equal([
        {
          sku: "BROKEN-1",
          name: "The BROKEN-1",
          unitPrice: 1299,
          currency: "EUR",
          onHand: "18014398509481982",
          notValid: ["onHand"],
        },
      ]);
      expect(add).to.deep.equal(
        refused(
          "BROKEN-1 has a count that is not valid: 18014398509481982. `npm run stock -- set BROKEN-1 N` mends it.",
        ),
      );
      expect(sets).to.deep.equal([
        printed("BROKEN-1: 5 on hand (was 18014398509481982)"),
        printed("BROKEN-2: 5 on hand (was 1.5)"),
        printed("BROKEN-3: 5 on hand (was many)"),
      ]);
      expect(broken(mended.stdout).filter((line) => line.includes("not valid:"))).to.have.length(2);
    });

    it("imports a catalogue, or says every mistake of it with its line", async () => {
      const { cloud, shop, run } = shared();
      const [good, bad, empty] = ["good.csv", "bad.csv", "empty.csv"].map((name) => join(cloud.state, name));
      const header = "sku,name,unitPrice,currency,onHand\n";
      await writeFile(
        good ?? "",
        `${header}NEW-1,"A ""new"" thing, large",100,EUR,3\nMUG-001,Stoneware mug,1399,EUR,1\n`,
      );
      await writeFile(
        bad ?? "",
        `${header}OK-1,Fine,100,EUR,3\n-,x,1.5,EURO,-1\nOK-1,Again,1,EUR,1\nOK-2,"Red \u001b[31m",1,EUR,1\n`,
      );
      await writeFile(empty ?? "", header);
      const had = await shop.onHand("MUG-001");
      const imported = await run("stock", "import", good ?? "");
      const mistaken = await run("stock", "import", bad ?? "");
      const nothing = await run("stock", "import", empty ?? "");
      const absent = await run("stock", "import", "nowhere.csv");

      expect(imported).to.deep.equal(printed("2 imported: 1 new, 1 updated (their counts were kept)."));
      expect([await shop.onHand("NEW-1"), await shop.onHand("MUG-001"), await shop.onHand("OK-1")]).to.deep.equal([
        3,
        had,
        undefined,
      ]);
      expect(mistaken).to.deep.equal(
        refused(
          `${bad} has mistakes, nothing was imported. Correct them:`,
          "  line 3: sku: must be a SKU, such as MUG-001",
          "  line 3: unitPrice: must be a whole number of minor units",
          "  line 3: currency: must be an ISO 4217 currency code",
          "  line 3: onHand: must be a whole number",
          "  line 4: sku: OK-1 is on line 2 already",
          "  line 5: name: must not contain control, bidi-control or invalid characters",
        ),
      );
      expect(nothing).to.deep.equal(
        refused(`${empty} has no lines. Begin it with the header sku,name,unitPrice,currency,onHand.`),
      );
      expect(absent).to.deep.equal(
        refused("The file nowhere.csv cannot be read. Name a CSV file, such as catalogue.csv."),
      );
    });
  });
}
