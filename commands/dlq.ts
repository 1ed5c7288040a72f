import { DeleteMessageBatchCommand, SendMessageBatchCommand, type Message } from "@aws-sdk/client-sqs";
import { createInterface } from "node:readline/promises";
import * as z from "zod";
import { columns, CommandError, main, readArguments } from "./shared/console.ts";
import { depth, peek, receiveAll } from "./shared/dead-letters.ts";
import { openTarget, targetOptions, type Target } from "./shared/target.ts";

const usage = `npm run dlq -- list                  how many dead letters each consumer has
npm run dlq -- show CONSUMER         what they are
npm run dlq -- redrive CONSUMER      sends them to the consumer's queue again; --dry-run only counts
npm run dlq -- purge CONSUMER        deletes them, after asking; --yes does not ask

  --stack NAME   a deployed stack instead of the local cloud
  --state DIR    the local cloud's folder (default .local)
  --json         for programs`;

const options = {
  ...targetOptions,
  json: { type: "boolean" },
  yes: { type: "boolean" },
  "dry-run": { type: "boolean" },
} as const;

/** What a person needs to know of a dead letter. Events carry no personal data, so their ids may be shown. */
interface Letter {
  readonly messageId: string;
  readonly event: string;
  readonly orderId: string;
  readonly sentAt: string;
  readonly receives: number;
}

const Event = z.object({ type: z.string(), subject: z.string() });

function letterOf({ MessageId, Body, Attributes }: Message): Letter {
  const event = parseEvent(Body ?? "");
  return {
    messageId: MessageId ?? "",
    event: event?.type ?? "unreadable",
    orderId: event?.subject ?? "",
    sentAt: new Date(Number(Attributes?.SentTimestamp ?? 0)).toISOString(),
    receives: Number(Attributes?.ApproximateReceiveCount ?? 0),
  };
}

function parseEvent(body: string): z.output<typeof Event> | undefined {
  try {
    return Event.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

/**
 * Sends each dead letter to its consumer's queue and then deletes it. Who dies in between leaves it in both: consumers
 * know an event by its id, so nothing happens twice. (`StartMessageMoveTask` does not take these queues: SNS sends to
 * them too. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html)
 */
async function redrive(target: Target, urls: Urls, progress: (moved: number) => void): Promise<number> {
  let moved = 0;
  for await (const batch of receiveAll(target, urls.deadLetterQueueUrl)) {
    const { Successful = [], Failed = [] } = await target.queues.send(
      new SendMessageBatchCommand({
        QueueUrl: urls.queueUrl,
        Entries: batch.map(({ Body, MessageAttributes }, index) => ({
          Id: String(index),
          MessageBody: Body,
          MessageAttributes,
        })),
      }),
    );
    await remove(
      target,
      urls,
      Successful.flatMap(({ Id }) => batch[Number(Id)] ?? []),
    );
    moved += Successful.length;
    progress(moved);
    if (Failed.length > 0) {
      throw new CommandError(
        `SQS did not take ${Failed.length} messages (${Failed[0]?.Code}): they are still dead letters. ${moved} were redriven.`,
      );
    }
  }
  return moved;
}

async function purge(target: Target, urls: Urls, progress: (deleted: number) => void): Promise<number> {
  let deleted = 0;
  for await (const batch of receiveAll(target, urls.deadLetterQueueUrl)) {
    await remove(target, urls, batch);
    deleted += batch.length;
    progress(deleted);
  }
  return deleted;
}

type Urls = Target["outputs"]["consumers"][string];

async function remove({ queues }: Target, { deadLetterQueueUrl }: Urls, messages: readonly Message[]): Promise<void> {
  if (messages.length === 0) return;
  const Entries = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
  const { Failed = [] } = await queues.send(new DeleteMessageBatchCommand({ QueueUrl: deadLetterQueueUrl, Entries }));
  if (Failed.length > 0)
    throw new CommandError(`SQS did not delete ${Failed.length} messages (${Failed[0]?.Code}). Try again.`);
}

async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new CommandError("This deletes messages and nobody is here to be asked: say --yes if it is meant.", 2);
  }
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test(await prompt.question(`${question} [y/N] `));
  } finally {
    prompt.close();
  }
}

await main(usage, async () => {
  const { values, positionals } = readArguments(options);
  const [verb, consumer, ...more] = positionals;
  const known = verb === "list" ? consumer === undefined : ["show", "redrive", "purge"].includes(verb ?? "");
  if (!known || more.length > 0 || (verb !== "list" && consumer === undefined)) {
    throw new CommandError(
      verb === undefined ? "What shall be done?" : `"${positionals.join(" ")}" is not a call of this command.`,
      2,
    );
  }
  const target = await openTarget(values);
  const { consumers } = target.outputs;
  const print = (data: unknown, text: string) => console.log(values.json ? JSON.stringify(data) : text);
  const progress = (what: string) => (count: number) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${count} ${what}`);
  };

  if (verb === "list") {
    const rows = await Promise.all(
      Object.entries(consumers).map(async ([name, { deadLetterQueueUrl }]) => {
        const { waiting, inFlight } = await depth(target, deadLetterQueueUrl);
        return { consumer: name, deadLetters: waiting + inFlight };
      }),
    );
    return print(
      rows,
      columns([["CONSUMER", "DEAD LETTERS"], ...rows.map(({ consumer, deadLetters }) => [consumer, deadLetters])]),
    );
  }

  const urls = consumer !== undefined && Object.hasOwn(consumers, consumer) ? consumers[consumer] : undefined;
  if (!urls)
    throw new CommandError(`There is no consumer "${consumer}" here; there are ${Object.keys(consumers).join(", ")}.`);
  const { waiting } = await depth(target, urls.deadLetterQueueUrl);

  if (verb === "show") {
    const letters = (await peek(target, urls.deadLetterQueueUrl)).map(letterOf);
    const rows = letters.map(({ event, orderId, sentAt, receives, messageId }) => [
      sentAt,
      event,
      orderId,
      receives,
      messageId,
    ]);
    const text = columns([["SENT", "EVENT", "ORDER", "RECEIVES", "MESSAGE"], ...rows]);
    return print(letters, letters.length > 0 ? text : `${consumer} has no dead letters.`);
  }
  if (verb === "redrive") {
    if (values["dry-run"])
      return print({ consumer, wouldRedrive: waiting }, `${waiting} would be redriven to ${consumer}.`);
    const moved = await redrive(target, urls, progress("redriven"));
    return print({ consumer, redriven: moved }, `${moved} redriven to ${consumer}.`);
  }
  if (!values.yes && !(await confirmed(`Delete about ${waiting} dead letters of ${consumer} for good?`))) {
    return print({ consumer, deleted: 0 }, "Nothing was deleted.");
  }
  const deleted = await purge(target, urls, progress("deleted"));
  return print({ consumer, deleted }, `${deleted} dead letters of ${consumer} deleted.`);
});
