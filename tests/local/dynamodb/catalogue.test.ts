import { DeleteItemCommand, DynamoDBClient, ListTablesCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { rmSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { CloudProcess } from "../../support/cloud-process.ts";
import { until } from "../../support/until.ts";
import { Project } from "../support/project.ts";

const program = `
  import * as aws from "@pulumi/aws";
  const table = new aws.dynamodb.Table("stock", { attributes: [{ name: "sku", type: "S" }], hashKey: "sku", billingMode: "PAY_PER_REQUEST" });
  export const tables = { stock: table.name };`;
const header = "sku,name,unitPrice,currency,onHand";
const Outputs = z.looseObject({ tables: z.object({ stock: z.string() }) });

describe("The local cloud's catalogue", () => {
  let project: Project;
  afterEach(() => project.remove());

  it("is the items of catalogue.csv", async () => {
    project = new Project(program, { "catalogue.csv": `${header}\nMUG-001,"Mug, large",1299,EUR,400\n` });
    const cloud = await project.start();
    const { tables } = Outputs.parse(await cloud.ready);
    const { Items } = await new DynamoDBClient(cloud.client()).send(new ScanCommand({ TableName: tables.stock }));

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

  it("is refused with every mistake and its line, as `npm run stock -- import` refuses a file", async () => {
    const rows = ["MUG-001,Mug,1299,EURO,400", "-,,9007199254740993,EUR,-1", "OK-1,Fine,1,EUR,1", "OK-1,Twice,1,EUR,1"];
    project = new Project(program, { "catalogue.csv": `${header}\n${rows.join("\n")}\n` });
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

  it("is loaded anew when the database has been deleted, and never into a table that was emptied", async () => {
    const skus = async (cloud: CloudProcess): Promise<(string | undefined)[]> => {
      const { tables } = Outputs.parse(await cloud.ready);
      const scan = new ScanCommand({ TableName: tables.stock });
      return ((await new DynamoDBClient(cloud.client()).send(scan)).Items ?? []).map(({ sku }) => sku?.S);
    };
    project = new Project(program, { "catalogue.csv": `${header}\nMUG-001,Mug,1299,EUR,5\n` });
    const first = await project.start();
    const { tables } = Outputs.parse(await first.ready);
    expect(await skus(first)).to.deep.equal(["MUG-001"]);
    await new DynamoDBClient(first.client()).send(
      new DeleteItemCommand({ TableName: tables.stock, Key: { sku: { S: "MUG-001" } } }),
    );
    await first.stop();
    const emptied = await project.start();
    expect(await skus(emptied)).to.deep.equal([]);
    await emptied.stop();

    for (const rest of ["", "-wal", "-shm"]) rmSync(join(project.folder, `state/dynamodb.db${rest}`), { force: true });
    const renewed = await project.start();
    expect(await skus(renewed)).to.deep.equal(["MUG-001"]);
    await renewed.stop();
  });

  it("is whole after a kill -9 in the middle of loading it", async () => {
    const rows = 2_000;
    const lines = Array.from({ length: rows }, (_, row) => `SKU-${row},Thing,100,EUR,1`);
    project = new Project(program, { "catalogue.csv": [header, ...lines].join("\n") });
    const cut = await project.launch();
    const dynamodb = new DynamoDBClient(cut.client());
    const tables = async () => (await dynamodb.send(new ListTablesCommand({}))).TableNames ?? [];
    const count = async (TableName: string) =>
      (await dynamodb.send(new ScanCommand({ TableName, Select: "COUNT" }))).Count ?? 0;
    const table = await until("the stock table", async () =>
      (await tables().catch(() => [])).find((name) => name.startsWith("stock")),
    );
    await until("its first rows", async () => ((await count(table)) > 0 ? true : undefined));
    await cut.kill();

    await project.start([], cut.port);
    expect(await count(table)).to.equal(rows);
  });
});
