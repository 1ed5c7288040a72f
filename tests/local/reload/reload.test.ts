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

/** Makes analytics' window 5 s, and lets a batch be under way for 3 s before it comes again. */
const SPEED = 6;

describe("npm start, while files are saved,", () => {
  let project: EditedProject;
  let shop: Shop;
  /** handlers/no-route.ts as it is in the project. */
  let pristine: string;

  before(async () => {
    project = await startEdited(config, SPEED);
    shop = new Shop(project.cloud.outputs);
    pristine = await read(noRoute);
  });
  after(() => project.stop());

  const noRoute = "handlers/no-route.ts";
  const read = (file: string) => readFile(join(project.folder, file), "utf8");
  /** What the API says of a path that it does not have: a text of handlers/no-route.ts. */
  const said = async (path = "/nowhere") => {
    const response = await fetch(`${project.cloud.outputs.apiUrl}${path}`);
    return response.status === 404 ? Problem.parse(await response.json()).detail : response.status;
  };
  /** That file, saying something else; `imports` is its first line. */
  const saying = (words: string, imports = "") => {
    const text = pristine.replace("There is nothing at", words);
    if (text === pristine) throw new Error(`${noRoute} has another text`);
    return `${imports}${text}`;
  };
  const save = (file: string, text: string): Promise<Outcome> => project.outcomeOf(() => project.write(file, text));
  const edit = (file: string, from: string, to: string): Promise<Outcome> =>
    project.outcomeOf(() => project.edit(file, from, to));
  const consumers = async () =>
    Consumers.parse(JSON.parse(await readFile(join(project.cloud.state, "outputs.json"), "utf8"))).consumers;
  const tables = async () => (await shop.documents.send(new ListTablesCommand())).TableNames ?? [];
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
    const outcome = await save(noRoute, saying("Nothing is at"));

    expect(timeless(outcome)).to.deep.equal({ kind: "code", functions: ["$default"] });
    expect(await said()).to.equal("Nothing is at /nowhere.");
  });

  it("restarts nothing for a comment", async () => {
    const outcome = await edit(noRoute, "const matches", "/** A new comment. */\nconst matches");

    expect(timeless(outcome)).to.deep.equal({ kind: "unchanged" });
  });

  it("follows a file that a handler begins to import, also where an editor saves by rename", async () => {
    const words = join(project.folder, "handlers/no-route/words.ts");
    await mkdir(join(words, ".."));
    await writeFile(words, 'export const words = "One";\n');
    await save(noRoute, saying("${words} is at", 'import { words } from "./no-route/words.ts";\n'));
    expect(await said()).to.equal("One is at /nowhere.");

    const outcome = await project.outcomeOf(async () => {
      await writeFile(`${words}~`, 'export const words = "Two";\n');
      await rename(`${words}~`, words);
    });
    expect(timeless(outcome)).to.deep.equal({ kind: "code", functions: ["$default"] });
    expect(await said()).to.equal("Two is at /nowhere.");
  });

  it("ends a batch under way in the code that it began in", async () => {
    const file = "handlers/shipment.ts";
    const source = (await read(file)).replace(/log\.info\("booked", .*\)/, 'log.info("booked", shipment)');
    const numbered = (code: number) =>
      source
        .replace("const { order, contact } = await", `log.info("begun", { code: ${code} });\n    $&`)
        .replace('log.info("booked", shipment)', `log.info("booked", { ...shipment, code: ${code} })`);
    const codes = () =>
      project.cloud.logged("shipment").flatMap(({ log }) => {
        const { data } = z.object({ message: z.string(), code: z.int() }).safeParse(log);
        return data ? [`${data.message} ${data.code}`] : [];
      });
    await save(file, numbered(1));
    await shop.sells("RELOAD-1", 5);
    const late = { late: { probability: 1, ms: 300 } };
    await project.cloud.local("faults", { method: "PUT", body: JSON.stringify(late) });
    const first = await shop.place({ items: [{ sku: "RELOAD-1", quantity: 1 }] });
    await until("its shipment is begun", () => codes().includes("begun 1"));

    const outcome = await save(file, numbered(2));
    await project.cloud.local("faults", { method: "DELETE" });
    await shop.reaches(first, "shipping");
    await shop.reaches(await shop.place({ items: [{ sku: "RELOAD-1", quantity: 1 }] }), "shipping");

    expect(timeless(outcome)).to.deep.equal({ kind: "code", functions: ["shipment"] });
    await until("both are logged", () => codes().length >= 4);
    expect(codes()).to.deep.equal(["begun 1", "booked 1", "begun 2", "booked 2"]);
  });

  it("keeps the old code running while the new does not compile or load, and says where", async () => {
    await save(noRoute, saying("Still nothing is at"));
    const unreadable = await edit(noRoute, "const allowed = routes", "const allowed = = routes");
    expect(unreadable).to.deep.equal({
      kind: "broken",
      problems: [{ file: noRoute, line: 10, column: 21, message: 'Unexpected "="' }],
    });
    expect(await said()).to.equal("Still nothing is at /nowhere.");

    const throwing = await save(noRoute, `throw new Error("it cannot");\n${saying("Nowhere is")}`);
    expect(throwing).to.deep.equal({
      kind: "broken",
      problems: [{ file: noRoute, line: 1, column: 7, message: "Error: it cannot" }],
    });
    expect(await said()).to.equal("Still nothing is at /nowhere.");
    const told = await until("the terminal says both", () => {
      const lines = project.cloud.lines.filter(
        (line) => line.includes("until this is mended") && line.includes(noRoute),
      );
      return lines.length === 2 && lines;
    });
    expect(told[0]).to.include(`${noRoute}:10:21: Unexpected`);

    expect(timeless(await save(noRoute, saying("Still nothing is at")))).to.deep.equal({ kind: "unchanged" });
  });

  it("gives a function what it declares anew: rights, environment and code at once", async () => {
    const text = saying('${await orders.get({ orderId: "none", entry: "order" })} is at')
      .replace(
        "async handle({ method, path, routes }) {",
        'uses: { orders: table("get") },\n  async handle({ method, path, routes }, { orders }) {',
      )
      .replace("import { route }", "import { route, table }");
    const outcome = await save(noRoute, text);

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

    const added = await edit(config, "    shipment:", "    audit: {}\n    shipment:");
    expect(added.kind).to.equal("program");
    expect(z.string().array().parse(added["added"])).to.include.members([
      "EventSourceMapping audit-mapping",
      "Function audit",
      "Queue audit-queue",
      "TopicSubscription audit-subscription",
    ]);
    await shop.sells("RELOAD-2", 5);
    await shop.place({ items: [{ sku: "RELOAD-2", quantity: 1 }] });
    await until("the new consumer has its event", () => project.cloud.logged("audit").length > 0);

    const QueueUrl = (await consumers())["audit"]?.deadLetterQueueUrl;
    await shop.sqs.send(new SendMessageCommand({ ...letter, QueueUrl }));
    const refused = await edit(config, "    audit: {}\n", "");
    expect(refused.kind).to.equal("refused");
    expect(refused["message"]).to.match(/^The program no longer has these queues.*\n {2}audit-\S+ holds a message\n/);
    expect(Object.keys(await consumers())).to.include("audit");

    await shop.sqs.send(new PurgeQueueCommand({ QueueUrl }));
    const removed = await edit(config, "    shipment:", "    shipment: ");
    expect(z.string().array().parse(removed["removed"])).to.include.members(["Function audit", "Queue audit-queue"]);
    expect(await consumers()).to.deep.equal(before);
    expect((await depth({ queues: shop.sqs }, shipmentDead ?? "")).waiting).to.equal(1);
  });

  it("ends in the right state after many saves at once, as of a checkout of another branch", async () => {
    const files = [noRoute, "index.ts", "handlers/shipment.ts"];
    const here = await said();
    const one = await Promise.all(files.map(read));
    const table = '{ hashKey: "id", attributes: [{ name: "id", type: "S" }], billingMode: "PAY_PER_REQUEST" }';
    const ping = '"GET /ping": route({ scopes: "public", handle: async () => ({ statusCode: 204 }) }),';
    const other = one.map((text) =>
      text
        .replace("at ${path}", "beyond ${path}")
        .replace("const routes = {", `new aws.dynamodb.Table("extra", ${table});\n$& ${ping}`)
        .replace("import { loadConfig", 'import * as aws from "@pulumi/aws";\n$&'),
    );
    const checkOut = async (texts: readonly string[]) => {
      for (const [index, file] of files.entries()) {
        await rm(join(project.folder, file));
        await project.write(file, texts[index] ?? "");
      }
    };

    await checkOut(other);
    await until("the other branch runs", async () => (await said("/ping")) === 204);
    await until("its code too", async () => (await said()) === String(here).replace(" at ", " beyond "));
    const extra = await until("its table too", async () => (await tables()).find((name) => name.startsWith("extra-")));
    await checkOut(one);
    await until("the first branch runs again", async () => (await said("/ping")) !== 204 && (await said()) === here);
    expect(await tables(), "a table that has left the program keeps what it holds").to.include(extra);
  });
});
