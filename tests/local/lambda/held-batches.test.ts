import { SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import type { SQSEvent } from "aws-lambda";
import { expect } from "chai";
import { until } from "../../support/until.ts";
import { fakeFunctions } from "../support/functions.ts";
import { startTestMapping } from "../support/mapping.ts";
import { startMessaging, type StartedMessaging } from "../support/messaging.ts";

const region = "eu-west-1";

describe("an event source mapping whose function is busy", () => {
  let started: StartedMessaging;
  before(async () => {
    started = await startMessaging(region);
  });
  after(() => started.stop());

  it("fills the next batch while one waits for an execution environment", async () => {
    const { messaging, sqs } = started;
    /** A queue whose function answers when it is told to. */
    const begin = async (name: string, isHeld: boolean) => {
      const queue = messaging.putQueue(name, { VisibilityTimeout: "30" });
      const sizes: number[] = [];
      const answers: (() => void)[] = [];
      const functions = fakeFunctions({
        invoke: (_name, event) => {
          sizes.push((event as SQSEvent).Records.length);
          return new Promise((resolve) => answers.push(() => resolve({ ok: true, payload: "null" })));
        },
        waiting: () => Number(isHeld && answers.length > 0),
      });
      const mapping = await startTestMapping(messaging, queue, { functions, maximumConcurrency: 20 });
      const entry = (Id: string) => ({ Id, MessageBody: "m" });
      const send = (count: number) => {
        const Entries = Array.from({ length: count }, (_, index) => entry(`m-${index}`));
        return sqs.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));
      };
      const answer = () => answers.splice(0).forEach((one) => one());
      await send(1);
      await until("the first batch is under way", () => sizes.length === 1);
      return { sizes, send, answer, mapping };
    };
    const held = await begin("held", true);
    const free = await begin("free", false);
    await held.send(3);
    await free.send(3);
    await until("the free one has its second batch", () => free.sizes.length === 2);
    await held.send(9);
    await until("the held one has its second batch", () => held.sizes.length === 2);
    held.answer();
    await until("the held one has the rest", () => held.sizes.length === 3);
    for (const { answer, mapping } of [held, free]) {
      answer();
      await mapping.stop();
    }

    expect([held.sizes, free.sizes]).to.deep.equal([
      [1, 10, 2],
      [1, 3],
    ]);
  });
});
