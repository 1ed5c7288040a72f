import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { join } from "node:path";
import * as z from "zod";
import { Project } from "./support/cloud.ts";

const program = `
import * as aws from "@pulumi/aws";
const stock = new aws.dynamodb.Table("stock", {
  attributes: [{ name: "sku", type: "S" }], hashKey: "sku", billingMode: "PAY_PER_REQUEST",
});
export const tables = { stock: stock.name };
`;
const header = "sku,name,unitPrice,currency,onHand\n";

describe("The catalogue of a new local cloud", () => {
  let project: Project;
  afterEach(() => project.remove());

  it("is the items of catalogue.csv", async () => {
    project = new Project(program, { "catalogue.csv": `${header}MUG-001,"Mug, large",1299,EUR,400\n` });
    const cloud = await project.start();
    const { stock } = z.object({ stock: z.string() }).parse((await cloud.ready)["tables"]);
    const { Items } = await new DynamoDBClient(cloud.client()).send(new ScanCommand({ TableName: stock }));

    expect(Items).to.deep.equal([
      {
        sku: { S: "MUG-001" },
        name: { S: "Mug, large" },
        unitPrice: { N: "1299" },
        currency: { S: "EUR" },
        onHand: { N: "400" },
      },
    ]);
  });

  it("is refused with every mistake and its line, as `npm run stock -- import` refuses it", async () => {
    const rows = ["MUG-001,Mug,1299,EURO,400", "-,,9007199254740993,EUR,-1", "OK-1,Fine,1,EUR,1", "OK-1,Twice,1,EUR,1"];
    project = new Project(program, { "catalogue.csv": `${header}${rows.join("\n")}\n` });
    const { code, output } = await (await project.launch()).ended;
    const message = output.split("\n").filter((line) => line.includes("catalogue.csv has mistakes"));

    expect(code).to.equal(1);
    expect(message.map((line): unknown => JSON.parse(line))).to.deep.equal([
      {
        event: "error",
        message: [
          `${join(project.folder, "catalogue.csv")} has mistakes. Correct them:`,
          "line 2: currency: must be an ISO 4217 currency code",
          "line 3: sku: must be a SKU, such as MUG-001",
          "line 3: name: Too small: expected string to have >=1 characters",
          "line 3: unitPrice: Too big: expected int to be <=9007199254740991",
          "line 3: onHand: must be a whole number",
          "line 5: sku: OK-1 is on line 4 already",
        ].join("\n  "),
      },
    ]);
  });
});
