import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type Message,
} from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { depth, maxReceiveCount } from "../../commands/shared/dead-letters.ts";
import { runCommand } from "../support/command.ts";
import { until } from "../support/until.ts";
import type { StackClient } from "./client.ts";

/** Of the consumers that there may be, those with the fewest effects come first. */
const PREFERRED = ["audit", "analytics", "loyalty", "inventory", "notifications", "shipment"];

/** A message that no consumer can read is received so often and then set aside; a redrive sends it through once more. */
export async function deadLetter(client: StackClient): Promise<string> {
  const { consumers } = client.target.outputs;
  const name = PREFERRED.find((one) => one in consumers) ?? Object.keys(consumers)[0] ?? "";
  const urls = consumers[name];
  if (!urls) throw new Error("the stack has no consumers");
  const { waiting, inFlight } = await depth(client.target, urls.deadLetterQueueUrl);
  expect(waiting + inFlight, `dead letters of ${name}: redrive or purge them first`).to.equal(0);

  const body = `${client.customerId}: no event`;
  await client.target.queues.send(new SendMessageCommand({ QueueUrl: urls.queueUrl, MessageBody: body }));
  const seconds = await secondsUntilDead(client, urls.queueUrl);
  await until(`${name} sets the message aside`, () => isDead(client, urls.deadLetterQueueUrl), seconds);
  const redriven = await runCommand("dlq", ["redrive", name, ...client.where]);
  await until(`${name} sets the redriven message aside`, () => isDead(client, urls.deadLetterQueueUrl), seconds);
  const letter = await until("the dead letter can be read", () => receive(client, urls.deadLetterQueueUrl));
  await client.target.queues.send(
    new DeleteMessageCommand({ QueueUrl: urls.deadLetterQueueUrl, ReceiptHandle: letter.ReceiptHandle }),
  );

  expect(redriven).to.deep.equal({ code: 0, stdout: `1 redriven to ${name}.\n`, stderr: "" });
  expect(letter.Body).to.equal(body);
  return name;
}

async function isDead({ target }: StackClient, deadLetterQueueUrl: string): Promise<boolean> {
  return (await depth(target, deadLetterQueueUrl)).waiting === 1;
}

async function receive({ target }: StackClient, QueueUrl: string): Promise<Message | undefined> {
  const { Messages = [] } = await target.queues.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
  return Messages[0];
}

/** Its receives, a visibility timeout apart, and as much again for what comes late. */
async function secondsUntilDead({ target }: StackClient, QueueUrl: string): Promise<number> {
  const { Attributes } = await target.queues.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["VisibilityTimeout"] }),
  );
  return 2 * (await maxReceiveCount(target, QueueUrl)) * Number(Attributes?.["VisibilityTimeout"] ?? 30) + 60;
}
