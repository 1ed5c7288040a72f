import { ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { SendMessageCommand, PurgeQueueCommand } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { depth } from "../../../commands/shared/dead-letters.ts";
import { EDITED_CONFIG as config, proveSaves } from "../../chaos/saves.ts";
import { seeded } from "../../../local/shared/random.ts";
import { startEdited, type EditedProject, type Outcome } from "../../support/edited-project.ts";
import { Shop } from "../../support/shop.ts";
import { until } from "../../support/until.ts";

const Problem = z.object({ detail: z.string() });
const Consumers = z.object({
  consumers: z.record(z.string(), z.object({ queueUrl: z.string(), deadLetterQueueUrl: z.string() })),
});

const noRoute = "handlers/no-route.ts";
/** Makes analytics' window 5 s, and lets a batch be under way for 3 s before it comes again. */
const SPEED = 6;

describe("npm start, while files are saved,", () => {
  let project: EditedProject;
  let shop: Shop;

  before(async () => {
    project = await startEdited(config, SPEED);
    shop = new Shop(project.cloud.outputs);
  });
  after(() => project.stop());

  /** What the API says of a path that it does not have: a text of handlers/no-route.ts. */
  const said = async (path = "/nowhere") => {
    const response = await fetch(`${project.cloud.outputs.apiUrl}${path}`);
    return response.status === 404 ? Problem.parse(await response.json()).detail : response.status;
  };
  const tables = async () => (await shop.documents.send(new ListTablesCommand())).TableNames ?? [];
  const save = (file: string, from: string, to: string): Promise<Outcome> =>
    project.outcomeOf(() => project.edit(file, from, to));
  const consumers = async () =>
    Consumers.parse(JSON.parse(await readFile(join(project.cloud.state, "outputs.json"), "utf8"))).consumers;
  const timeless = (outcome: Outcome) => Object.fromEntries(Object.entries(outcome).filter(([key]) => key !== "ms"));

  it("loses no order and does nothing twice, whatever is saved while orders go through", async () => {
    const verdict = await proveSaves(project, {
      orders: 60,
      rate: 15,
      saves: 5,
      random: seeded(1),
      say: () => undefined,
    });

    expect(verdict).to.deep.equal({
      accepted: 60,
      lost: [],
      unexpected: [],
      duplicated: [],
      pending: [],
      stock: [],
      otherwise: [],
    });
  });

  it("runs a handler's new code, and restarts no other function", async () => {
    const outcome = await save(noRoute, "There is nothing at", "Nothing is at");

    expect(timeless(outcome)).to.deep.equal({ kind: "code", functions: ["$default"] });
    expect(await said()).to.equal("Nothing is at /nowhere.");
  });

  it("restarts nothing for a comment", async () => {
    const outcome = await save(noRoute, "const matches", "/** A new comment. */\nconst matches");

    expect(timeless(outcome)).to.deep.equal({ kind: "unchanged" });
  });

  it("follows a file that a handler begins to import, also where an editor saves by rename", async () => {
    await mkdir(join(project.folder, "handlers/no-route"));
    await project.write("handlers/no-route/words.ts", 'export const words = "One";\n');
    await project.outcomeOf(async () => {
      const text = await readFile(join(project.folder, noRoute), "utf8");
      const imported = `import { words } from "./no-route/words.ts";\n${text.replace("`Nothing is at", "`${words} is at")}`;
      await project.write(noRoute, imported);
    });
    expect(await said()).to.equal("One is at /nowhere.");

    const outcome = await project.outcomeOf(async () => {
      const half = join(project.folder, "handlers/no-route/.words.ts.half");
      await writeFile(half, 'export const words = "Two";\n');
      await rename(half, join(project.folder, "handlers/no-route/words.ts"));
    });
    expect(timeless(outcome)).to.deep.equal({ kind: "code", functions: ["$default"] });
    expect(await said()).to.equal("Two is at /nowhere.");
  });

  it("ends a batch under way in the code that it began in", async () => {
    const codes = () =>
      project.cloud.logged("shipment").flatMap(({ log }) => {
        const { data } = z.object({ message: z.string(), code: z.int() }).safeParse(log);
        return data ? [`${data.message} ${data.code}`] : [];
      });
    await project.outcomeOf(async () => {
      const file = "handlers/shipment.ts";
      await project.edit(
        file,
        "const { order, contact } = await",
        'log.info("begun", { code: 1 });\n    const { order, contact } = await',
      );
      await project.edit(file, "...shipment, save: 0", "...shipment, code: 1");
    });
    const late = { late: { probability: 1, ms: 300 } };
    await shop.sells("RELOAD-1", 5);
    await project.cloud.local("faults", { method: "PUT", body: JSON.stringify(late) });
    const first = await shop.place({ items: [{ sku: "RELOAD-1", quantity: 1 }] });
    await until("its shipment is begun", () => codes().includes("begun 1"));

    const outcome = await project.outcomeOf(async () => {
      const text = await readFile(join(project.folder, "handlers/shipment.ts"), "utf8");
      await project.write("handlers/shipment.ts", text.replaceAll("code: 1", "code: 2"));
    });
    await project.cloud.local("faults", { method: "DELETE" });
    await shop.reaches(first, "shipping");
    await shop.reaches(await shop.place({ items: [{ sku: "RELOAD-1", quantity: 1 }] }), "shipping");

    expect(timeless(outcome)).to.deep.equal({ kind: "code", functions: ["shipment"] });
    await until("both are logged", () => codes().length >= 4);
    expect(codes()).to.deep.equal(["begun 1", "booked 1", "begun 2", "booked 2"]);
  });

  it("keeps the old code running while the new does not compile or load, and says where", async () => {
    const unreadable = await save(noRoute, "const allowed = routes", "const allowed = = routes");
    expect(unreadable).to.deep.equal({
      kind: "broken",
      problems: [{ file: noRoute, line: 11, column: 21, message: 'Unexpected "="' }],
    });
    expect(await said()).to.equal("Two is at /nowhere.");

    const throwing = await project.outcomeOf(async () => {
      const text = await readFile(join(project.folder, noRoute), "utf8");
      const mended = text.replace("= = routes", "= routes");
      await project.write(noRoute, `${mended}throw new Error("it cannot");\n`);
    });
    expect(throwing).to.deep.equal({
      kind: "broken",
      problems: [{ file: noRoute, line: 25, column: 7, message: "Error: it cannot" }],
    });
    expect(await said()).to.equal("Two is at /nowhere.");
    const told = project.cloud.lines.filter((line) => line.includes("until this is mended") && line.includes(noRoute));
    expect(told).to.have.length(2);
    expect(told[0]).to.include(`${noRoute}:11:21: Unexpected`);

    const text = await readFile(join(project.folder, noRoute), "utf8");
    const mended = await project.outcomeOf(() => project.write(noRoute, text.replace(/throw new Error\("it[^]*$/, "")));
    expect(timeless(mended)).to.deep.equal({ kind: "unchanged" });
  });

  it("gives a function what it declares anew: rights, environment and code at once", async () => {
    const outcome = await project.outcomeOf(async () => {
      const text = await readFile(join(project.folder, noRoute), "utf8");
      const changed = text
        .replace(
          "  async handle({ method, path, routes }) {",
          '  uses: { orders: table("get") },\n  async handle({ method, path, routes }, { orders }) {',
        )
        .replace("`${words} is at", '`${await orders.get({ orderId: "none", entry: "order" })} is at')
        .replace("route }", "route, table }");
      await project.write(noRoute, changed);
    });

    expect(timeless(outcome)).to.deep.equal({
      kind: "program",
      added: [],
      changed: [
        "Alias api-default-live: functionVersion",
        "Function api-default: code, environment.variables.RESOURCES",
        "RolePolicy api-default-policy: policy",
      ],
      removed: [],
    });
    expect(await said()).to.equal("undefined is at /nowhere.");
  });

  it("adds what the config says; what it takes out goes when no message would be lost, and the rest keeps its messages", async () => {
    const before = await consumers();
    const letter = { MessageBody: "{}" };
    const shipmentDead = before["shipment"]?.deadLetterQueueUrl;
    await shop.sqs.send(new SendMessageCommand({ ...letter, QueueUrl: shipmentDead }));

    const added = await save(config, "    shipment:", "    audit: {}\n    shipment:");
    expect(added["kind"]).to.equal("program");
    expect(z.string().array().parse(added["added"])).to.include.members([
      "EventSourceMapping audit-mapping",
      "Function audit",
      "Queue audit-queue",
      "TopicSubscription audit-subscription",
    ]);
    await shop.place({ items: [{ sku: "RELOAD-1", quantity: 1 }] });
    await until("the new consumer has its event", () => project.cloud.logged("audit").length > 0);

    const QueueUrl = (await consumers())["audit"]?.deadLetterQueueUrl;
    await shop.sqs.send(new SendMessageCommand({ ...letter, QueueUrl }));
    const refused = await save(config, "    audit: {}\n", "");
    expect(refused["kind"]).to.equal("refused");
    expect(refused["message"]).to.match(/^The program no longer has these queues.*\n {2}audit-\S+ holds a message\n/);
    expect(Object.keys(await consumers())).to.include("audit");

    await shop.sqs.send(new PurgeQueueCommand({ QueueUrl }));
    const removed = await project.outcomeOf(() => project.edit(config, "    shipment:", "    shipment: "));
    expect(z.string().array().parse(removed["removed"])).to.include.members(["Function audit", "Queue audit-queue"]);
    expect(await consumers()).to.deep.equal(before);
    expect((await depth({ queues: shop.sqs }, shipmentDead ?? "")).waiting).to.equal(1);
  });

  it("ends in the right state after many saves at once, as of a checkout of another branch", async () => {
    const files = [noRoute, "index.ts", "handlers/shipment.ts"];
    const one = await Promise.all(files.map((file) => readFile(join(project.folder, file), "utf8")));
    const table = '{ hashKey: "id", attributes: [{ name: "id", type: "S" }], billingMode: "PAY_PER_REQUEST" }';
    const other = one.map((text) =>
      text
        .replace("const routes = {", `new aws.dynamodb.Table("extra", ${table});\nconst routes = {`)
        .replace("import { loadConfig", 'import * as aws from "@pulumi/aws";\nimport { loadConfig')
        .replace("is at ${path}", "was at ${path}")
        .replace(
          '  "GET /health"',
          `  "GET /ping": route({ scopes: "public", handle: async () => ({ statusCode: 204 }) }),\n  "GET /health"`,
        ),
    );
    const checkOut = async (texts: readonly string[]) => {
      for (const [index, file] of files.entries()) {
        await rm(join(project.folder, file));
        await project.write(file, texts[index] ?? "");
      }
    };

    await checkOut(other);
    await until("the other branch runs", async () => (await said("/ping")) === 204);
    const extra = await until("all of it, with its table", async () =>
      (await tables()).find((name) => name.startsWith("extra-")),
    );
    await until("its code too", async () => (await said()) === "undefined was at /nowhere.");
    await checkOut(one);
    await until("the first branch runs again", async () => (await said("/ping")) === "undefined is at /ping.");
    expect(await tables(), "a table that has left the program keeps what it holds").to.include(extra);
  });
});
