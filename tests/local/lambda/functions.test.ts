import { expect } from "chai";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFaults } from "../../../local/endpoint/faults.ts";
import { start, type Functions } from "../../../local/lambda/functions.ts";
import { until } from "../../support/until.ts";

const arn = "arn:aws:lambda:eu-west-1:000000000000:function:greeter";

/** Answers what it is, when the file that the event names is there; spins until another is. */
const code = (greeting: string) => `
const { existsSync, writeFileSync } = require("node:fs");
exports.handler = async ({ gate, started, spin }, { functionVersion, invokedFunctionArn }) => {
  if (started) writeFileSync(started, "");
  while (spin && !existsSync(spin));
  while (gate && !existsSync(gate)) await new Promise((resolve) => setTimeout(resolve, 5));
  return ["${greeting}", functionVersion, invokedFunctionArn];
};`;

describe("Lambda functions on the local cloud", () => {
  let folder: string;
  let functions: Functions;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "order-fanout-functions-"));
    functions = await start({
      accountConcurrency: 102,
      endpoint: "http://127.0.0.1:1",
      token: "",
      compileCache: join(folder, "compile"),
      log: () => undefined,
      direct: () => undefined,
      record: () => undefined,
      faults: createFaults(),
      graceMs: 10_000,
    });
  });
  afterEach(async () => {
    await functions.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function publish(version: string, greeting: string, concurrency?: number, name = "greeter"): Promise<void> {
    const own = join(folder, `${name}-${version}`);
    await mkdir(own);
    await writeFile(join(own, "index.js"), code(greeting));
    functions.put({
      name,
      arn,
      version,
      ...(concurrency !== undefined && { concurrency }),
      runtime: "nodejs24.x",
      role: "arn:aws:iam::000000000000:role/greeter-role",
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

  it("run no more events at once than are reserved for the function, or for all others together what is left of the account's", async () => {
    const gate = join(folder, "gate");
    await publish("1", "hello", 2);
    await publish("1", "hi", undefined, "other");
    await publish("1", "good day", undefined, "third");
    const held = [
      ...Array.from({ length: 2 }, () => invoke("greeter", { gate })),
      ...Array.from({ length: 99 }, () => invoke("other", { gate })),
      invoke("third", { gate }),
    ];
    const beyond = await Promise.all(["greeter", "other", "third"].map((name) => invoke(name)));
    await writeFile(gate, "");
    const answers = await Promise.all(held);
    const after = await Promise.all(["greeter", "other"].map((name) => invoke(name)));

    expect(beyond).to.deep.equal(Array.from({ length: 3 }, () => "TooManyRequestsException"));
    expect([...answers, ...after].filter((answer) => !Array.isArray(answer))).to.deep.equal([]);
  });

  it("run 20 events that wait side by side, and an event beside one that spins", async () => {
    const gate = join(folder, "gate");
    await publish("1", "hello");
    const files = Array.from({ length: 20 }, (_, index) => join(folder, `started-${index}`));
    const waiting = files.map((started) => invoke("greeter", { gate, started }));
    await until("all 20 have begun", () => files.every((file) => existsSync(file)));
    await writeFile(gate, "");
    expect((await Promise.all(waiting)).filter((answer) => !Array.isArray(answer))).to.deep.equal([]);

    await publish("1", "hi", undefined, "spinner");
    const [spinning, spin] = [join(folder, "spinning"), join(folder, "spin")];
    const spun = invoke("spinner", { started: spinning, spin });
    await until("it spins", () => existsSync(spinning));
    expect(await invoke("spinner")).to.deep.equal(["hi", "1", arn]);
    await writeFile(spin, "");
    await spun;
  });

  it("leave 100 of the account's concurrency unreserved, or all of a smaller one", async () => {
    await publish("1", "hello", 2);
    await publish("2", "hello", 3).then(
      () => expect.fail("it was reserved"),
      (error: Error) =>
        expect(error.message).to.equal(
          "function greeter: of the account's concurrency, 102, at least 100 must stay unreserved; got 99. " +
            "Reserve less, or start with a larger --account-concurrency.",
        ),
    );
  });
});
