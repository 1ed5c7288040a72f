import { expect } from "chai";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFaults } from "../../../local/endpoint/faults.ts";
import { start, type Functions } from "../../../local/lambda/functions.ts";
import { until } from "../../support/until.ts";

const arn = "arn:aws:lambda:eu-west-1:000000000000:function:greeter";

/** Answers what it is, when the file that the event names is there. */
const code = (greeting: string) => `
const { existsSync, writeFileSync } = require("node:fs");
exports.handler = async ({ gate, started }, { functionVersion, invokedFunctionArn }) => {
  if (started) writeFileSync(started, "");
  while (gate && !existsSync(gate)) await new Promise((resolve) => setTimeout(resolve, 5));
  return ["${greeting}", functionVersion, invokedFunctionArn];
};`;

describe("Lambda functions on the local cloud", () => {
  let folder: string;
  let functions: Functions;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "order-fanout-functions-"));
    functions = await start({
      endpoint: "http://127.0.0.1:1",
      compileCache: join(folder, "compile"),
      log: () => undefined,
      faults: createFaults(),
      graceMs: 10_000,
    });
  });
  afterEach(async () => {
    await functions.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function publish(version: string, greeting: string): Promise<void> {
    const own = join(folder, version);
    await mkdir(own);
    await writeFile(join(own, "index.js"), code(greeting));
    functions.put({
      name: "greeter",
      arn,
      version,
      folder: own,
      handler: "index.handler",
      memorySize: 128,
      timeoutSeconds: 60,
      logGroup: "greeter-logs",
      environment: {},
    });
  }

  async function invoke(reference: string, event: object = {}): Promise<unknown> {
    const invocation = await functions.invoke(reference, event);
    return invocation.ok ? JSON.parse(invocation.payload) : invocation.errorType;
  }

  it("run an alias's version, a version by its number and the newest by the name alone", async () => {
    await publish("1", "hello");
    await publish("2", "hi");
    functions.putAlias("greeter", "live", "1");

    const invokeArn = `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${arn}:live/invocations`;
    expect(
      await Promise.all([`${arn}:live`, invokeArn, "greeter:1", "greeter", `${arn}:9`].map((one) => invoke(one))),
    ).to.deep.equal([
      ["hello", "1", `${arn}:live`],
      ["hello", "1", `${arn}:live`],
      ["hello", "1", `${arn}:1`],
      ["hi", "2", arn],
      "ResourceNotFoundException",
    ]);
  });

  it("end an event in the version in which it began, although the alias has moved", async () => {
    const [gate, started] = [join(folder, "gate"), join(folder, "started")];
    await publish("1", "hello");
    functions.putAlias("greeter", "live", "1");
    const early = invoke("greeter:live", { gate, started });
    await until("the event has begun", () => existsSync(started));
    await publish("2", "hi");
    functions.putAlias("greeter", "live", "2");
    const late = await invoke("greeter:live");
    await writeFile(gate, "");

    expect([late, await early]).to.deep.equal([
      ["hi", "2", `${arn}:live`],
      ["hello", "1", `${arn}:live`],
    ]);
  });
});
