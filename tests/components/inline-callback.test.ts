import { expect } from "chai";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { evaluateProgram } from "../support/evaluate.ts";
import { inCopy } from "../support/project-copy.ts";

/** A program with one inline callback, and what else stands beside it in its file. */
const program = (callback: string, beside: string): string => `
import { SNSClient, PublishCommand } from "@aws-sdk/client-sns";
import { createHash } from "node:crypto";
import { FanOutTopic } from "./components/fan-out-topic.ts";
import { QueueConsumer } from "./components/queue-consumer.ts";
import { events, eventsModule, OrderPlaced } from "./contracts/events.ts";
import { consumer } from "./runtime/index.ts";
${beside}
new QueueConsumer("gift-wrapping", {
  topic: new FanOutTopic("t", { events, module: eventsModule }),
  handler: consumer({
    on: [OrderPlaced],
    ${callback}
  }),
  resources: {},
  batchSize: 10, batchWindowSeconds: 0, maxConcurrency: 10, timeoutSeconds: 30, memoryMb: 256, survivesOutageMinutes: 0,
  logRetentionDays: 30, production: false,
});
`;

const evaluating = (callback: string, beside = ""): Promise<string> =>
  inCopy({ cache: true }, async (from) => {
    await writeFile(join(from, "index.ts"), program(callback, beside));
    return evaluateProgram({ from }).then(
      () => "no error",
      // The SDK says each property that an error passed through.
      (error: Error) => error.message.replace(/(error serializing property "[^"]*": )+/, ""),
    );
  });

const cure = "Move it to a file of its own under handlers/ and give it `module: import.meta`.";

describe("an inline callback", () => {
  it("that captures an import is refused, with the line and the cure", async () => {
    const message = await evaluating(`handle: async ({ id }, { log }) => {
      log.info("wrapped", { hash: createHash("sha256").update(id).digest("hex") });
    },`);
    expect(message.split("\n")).to.deep.equal([
      'HandlerFunction "gift-wrapping": its inline callback captures "createHash", which cannot be serialized, in',
      '  log.info("wrapped", { hash: createHash("sha256").update(id).digest("hex") });',
      cure,
    ]);
  });

  it("that captures a client, and has a name of its own, is refused too", async () => {
    const message = await evaluating(
      `handle: wrap,`,
      `const sns = new SNSClient({});
      const wrap = async () => void (await sns.send(new PublishCommand({ Message: "wrapped" })));`,
    );
    expect(message.split("\n")).to.deep.equal([
      'HandlerFunction "gift-wrapping": its inline callback captures "sns", which cannot be serialized, in',
      '  async () => void (await sns.send(new PublishCommand({ Message: "wrapped" })))',
      cure,
    ]);
  });

  it("may capture a constant and a function of its file", async () => {
    const message = await evaluating(
      `handle: async ({ id }, { log }) => log.info(paper(id)),`,
      `const COLOUR = "red"; const paper = (id: string) => id + COLOUR;`,
    );
    expect(message).to.equal("no error");
  });
});
