import { expect } from "chai";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import { text } from "node:stream/consumers";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { createFaults } from "../../../local/endpoint/faults.ts";
import type { AnsweredCall } from "../../../local/endpoint/call-log.ts";
import { start, type Functions } from "../../../local/lambda/functions.ts";
import { createGate } from "../../../local/lambda/gate.ts";
import { listening } from "../../support/listening.ts";

/** What either server answers. */
const Answer = z
  .string()
  .transform((json): unknown => JSON.parse(json))
  .pipe(z.object({ by: z.string(), sent: z.unknown() }));
const asked = [{ action: "dynamodb:GetItem", resource: "the table Größen", statement: "policy 1" }];

/** Sends one call as the SDK does, and answers who answered it. */
const code = `
const http = require("node:http");
/** The SDK's bodies warn where they are taken for a text. */
class Body extends Uint8Array {
  valueOf() {
    throw new Error("the body is bytes");
  }
}
exports.handler = ({ endpoint, operation, input }, { awsRequestId }) => new Promise((resolve, reject) => {
  const headers = {
    "X-Amz-Target": "DynamoDB_20120810." + operation,
    "X-Amzn-Trace-Id": "Root=1-" + awsRequestId,
    host: new URL(endpoint).host,
  };
  const { hostname: host, port } = new URL(endpoint);
  const request = http.request({ host, port, method: "POST", path: "/", headers }, (response) => {
    let answer = "";
    response.on("data", (chunk) => (answer += chunk));
    response.on("end", () => resolve(answer));
  });
  request.on("error", reject);
  request.end(new Body(Buffer.from(JSON.stringify(input))));
});`;

describe("a function's calls of the database", () => {
  const gate = createGate();
  const recorded: AnsweredCall[] = [];
  const servers: Server[] = [];
  let allowing = true;
  let folder: string;
  let endpoint: string;
  let functions: Functions;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "order-fanout-direct-"));
    await writeFile(join(folder, "index.js"), code);
    const serve = async (name: string, headers: () => Record<string, string>) => {
      const { server, url } = await listening((request, response) => {
        void text(request).then((sent) => {
          response.writeHead(200, headers()).end(`{"by":"${name}","sent":${sent}}`);
        });
      });
      servers.push(server);
      return url;
    };
    const database = await serve("database", () => ({}));
    endpoint = await serve("endpoint", () =>
      allowing ? { "x-local-asked": encodeURIComponent(JSON.stringify(asked)) } : {},
    );
    functions = await start({
      accountConcurrency: 100,
      endpoint,
      token: "",
      compileCache: join(folder, "compile"),
      log: () => undefined,
      direct: () => ({ database, gate: gate.shared }),
      record: (call) => recorded.push(call),
      faults: createFaults(gate.close),
      graceMs: 0,
    });
    functions.put({
      name: "reader",
      arn: "arn:aws:lambda:eu-west-1:000000000000:function:reader",
      version: "1",
      runtime: "nodejs24.x",
      role: "",
      folder,
      handler: "index.handler",
      memorySize: 128,
      timeoutSeconds: 60,
      logGroup: "",
      environment: {},
    });
  });
  beforeEach(() => {
    gate.judgeAnew();
    gate.close(false);
    allowing = true;
    recorded.length = 0;
  });
  after(async () => {
    await functions.stop();
    servers.forEach((server) => server.close());
    await rm(folder, { recursive: true, force: true });
  });

  const item = { TableName: "orders", Key: { id: { S: "1" } } };
  /** Who answered a call. */
  async function ask(input: object = item, operation = "GetItem"): Promise<string> {
    const invocation = await functions.invoke("reader", { endpoint, operation, input }, "request-1");
    if (!invocation.ok) throw new Error(invocation.errorMessage);
    const { by, sent } = Answer.parse(JSON.parse(invocation.payload));
    expect(sent).to.deep.equal(input);
    return by;
  }
  const answers = async (calls: readonly (() => Promise<string>)[]): Promise<string[]> => {
    const found: string[] = [];
    for (const call of calls) found.push(await call());
    return found;
  };

  it("are judged by the endpoint once for each kind, and then go straight", async () => {
    const [another, index, table] = [
      { ...item, Key: { id: { S: "2" } } },
      { ...item, IndexName: "byDay" },
      { ...item, TableName: "stock" },
    ];
    const put = { Put: { TableName: "orders" } };
    const [one, two] = [{ TransactItems: [put, put] }, { TransactItems: [put, { Update: { TableName: "orders" } }] }];
    const batch = { RequestItems: { orders: {} } };
    expect(
      await answers([
        ...[item, another, index, table, index].map((input) => () => ask(input)),
        () => ask(item, "UpdateItem"),
        ...[one, two, { TransactItems: [put] }].map((input) => () => ask(input, "TransactWriteItems")),
        ...[batch, batch].map((input) => () => ask(input, "BatchGetItem")),
        ...[{}, {}].map((input) => () => ask(input, "ListTables")),
      ]),
    ).to.deep.equal([
      ...["endpoint", "database", "endpoint", "endpoint", "database"],
      "endpoint",
      ...["endpoint", "endpoint", "database"],
      ...["endpoint", "database"],
      ...["endpoint", "endpoint"],
    ]);
  });

  it("go to the endpoint again when the policies have changed, where it has not allowed them, and while faults are set", async () => {
    const again = () => ask();
    const changed = async () => {
      gate.judgeAnew();
      allowing = false;
      return ask();
    };
    const faults = async () => {
      allowing = true;
      await ask();
      gate.close(true);
      const meanwhile = await ask();
      gate.close(false);
      return `${meanwhile}, then ${await ask()}`;
    };
    expect(await answers([again, again, changed, again, faults])).to.deep.equal([
      "endpoint",
      "database",
      "endpoint",
      "endpoint",
      "endpoint, then database",
    ]);
  });

  it("leave the record that the endpoint would have written", async () => {
    await ask();
    await ask();
    const [call, ...others] = recorded;
    if (call === undefined) throw new Error("there is no record");
    const { at, durationMs, body, answer, ...rest } = call;
    expect(others).to.deep.equal([]);
    expect(rest).to.deep.equal({
      function: "reader",
      requestId: "request-1",
      operation: "dynamodb:GetItem",
      verdict: "allowed",
      asked,
      status: 200,
    });
    expect([JSON.parse(body()), Answer.parse(answer?.()).by]).to.deep.equal([item, "database"]);
    expect([Math.abs(at - Date.now()) < 60_000, durationMs >= 0]).to.deep.equal([true, true]);
  });
});
