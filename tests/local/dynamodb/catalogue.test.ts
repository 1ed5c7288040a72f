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
