import { SendMessageCommand } from "@aws-sdk/client-sqs";
import type { SQSEvent } from "aws-lambda";
import { expect } from "chai";
import type { Invocation } from "../../../local/lambda/execution-environment.ts";
import { createDiskTrouble, type DiskTrouble } from "../../../local/shared/disk.ts";
import { until } from "../../support/until.ts";
import { startTestMapping } from "../support/mapping.ts";
import { startMessaging, type StartedMessaging } from "../support/messaging.ts";

describe("an event source mapping on a full disk", () => {
  let started: StartedMessaging;
  before(async () => void (started = await startMessaging("eu-west-1")));
  after(() => started.stop());

  /** Has SQLite find the disk full, and take the transaction back, until the function that it gives is called. */
  const fillDisk = (): (() => void) => {
    const { db } = started.messaging.persistence;
    const full = "BEGIN SELECT RAISE(ROLLBACK, 'database or disk is full'); END";
    db.exec(`CREATE TEMP TRIGGER full_messages BEFORE DELETE ON sqs_messages ${full}`);
    db.exec(`CREATE TEMP TRIGGER full_queues BEFORE UPDATE ON sqs_queues ${full}`);
    return () => db.exec("DROP TRIGGER full_messages; DROP TRIGGER full_queues");
  };

  it("receives nothing, says so once, loses nothing, and goes on when there is room", async () => {
    const { messaging, sqs } = started;
    const queue = messaging.putQueue("full", { VisibilityTimeout: "600" });
    const send = (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody }));
    const received: string[] = [];
    const invoke = ({ Records }: SQSEvent): Invocation => {
      received.push(...Records.map(({ body }) => body));
      return { ok: true, payload: "null" };
    };
    const said: string[] = [];
    const saying = createDiskTrouble((line) => said.push(line));
    let failures = 0;
    const trouble: DiskTrouble = (file, error) => {
      failures += 1;
      saying(file, error);
    };
    const makeRoom = fillDisk();
    const mapping = await startTestMapping(messaging, queue, { invoke, trouble });
    await send("first");
    await until("the first cannot be deleted", () => failures > 0);
    await send("second");
    await until("it has looked for room twice since", () => failures > 3);
    const meanwhile = [...received];
    makeRoom();
    await until("the second", () => received.includes("second"));
    const kept = messaging.persistence.db.prepare("SELECT body FROM sqs_messages WHERE queue_name = 'full'");
    const left = await until("the second is deleted", () => {
      const bodies = kept.all().map(({ body }) => body);
      return !bodies.includes("second") && bodies;
    });
    await mapping.stop();

    expect(meanwhile).to.deep.equal(["first"]);
    expect(said).to.deep.equal([
      "The disk is full (fauxqs.db): make room. Nothing that was accepted is lost; what waits is tried again.",
    ]);
    expect(left, "is delivered again after a restart").to.deep.equal(["first"]);
  });
});
