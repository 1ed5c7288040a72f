import { DeleteMessageBatchCommand, SendMessageBatchCommand, type Message } from "@aws-sdk/client-sqs";
import { createInterface } from "node:readline/promises";
import { printable } from "../contracts/log-line.ts";
import { identify } from "../contracts/cloud-event.ts";
import { columns, CommandError, main, readArguments, unknownName, wrongCall } from "./shared/console.ts";
import { depth, maxReceiveCount, peek, receiveAll } from "./shared/dead-letters.ts";
import { lastErrors } from "./shared/last-error.ts";
import { openTarget, targetOptions, targetUsage, type Target } from "./shared/target.ts";

const usage = `npm run dlq -- list               how many dead letters each consumer has
npm run dlq -- show CONSUMER      what they are, and the last error that the consumer logged about each
npm run dlq -- redrive CONSUMER   sends them to the consumer's queue again
npm run dlq -- purge CONSUMER     deletes them, after asking

  --dry-run         redrive: only counts
  --yes             purge: does not ask
${targetUsage}

While show, redrive or purge looks at messages, list counts them as in flight, for a minute at most.`;

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
  /** How often the consumer received it. */
  readonly receives: number;
}

/**
 * The message's own count of receives goes up with each look at it, so it is not used: what SQS set aside was received
 * as often as the queue's redrive policy says, and what SNS could not deliver, never. SQS names the queue from which it
 * moved a message (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html). The
 * local SQS does not, and the local SNS has no dead letters.
 */
function letterOf({ MessageId, Body, Attributes }: Message, most: number, local: boolean): Letter {
  const { event, orderId } = identify(Body ?? "");
  return {
    messageId: MessageId ?? "",
    ...(event !== undefined && orderId !== undefined ? { event, orderId } : { event: "unreadable", orderId: "" }),
    sentAt: new Date(Number(Attributes?.SentTimestamp ?? 0)).toISOString(),
    receives: local || Attributes?.DeadLetterQueueSourceArn !== undefined ? most : 0,
  };
}

/** The clocks of SQS and of a function differ by less. */
const CLOCKS_MS = 60_000;

/** The dead letters, oldest first, each with the last error about it, or null where the log has none. */
async function show(target: Target, consumer: string, urls: Urls) {
  const { logGroup = "" } = target.outputs.functions[consumer] ?? {};
  const most = await maxReceiveCount(target, urls.queueUrl);
  const letters = (await peek(target, urls.deadLetterQueueUrl))
    .map((message) => letterOf(message, most, target.outputs.local !== undefined))
    .sort((a, b) => (a.sentAt < b.sentAt ? -1 : 1));
  const [oldest] = letters;
  if (!oldest) return [];
  const errorOf = await lastErrors(
    target,
    { name: consumer, logGroup },
    letters,
    Date.parse(oldest.sentAt) - CLOCKS_MS,
  );
  return letters.map((letter) => ({ ...letter, lastError: errorOf(letter) ?? null }));
}

function showText(consumer: string, letters: Awaited<ReturnType<typeof show>>): string {
  if (letters.length === 0) return `${consumer} has no dead letters.`;
  const rows = letters.map(({ event, orderId, sentAt, receives, messageId }) => [
    sentAt,
    event,
    orderId,
    receives,
    messageId,
  ]);
  const [header = "", ...lines] = columns([["SENT", "EVENT", "ORDER", "RECEIVES", "MESSAGE"], ...rows]).split("\n");
  const why = letters.map(({ lastError }) =>
    lastError ? `  ${lastError.at}  ${printable(lastError.error)}` : "  no error found in the log",
  );
  return [header, ...lines.flatMap((line, index) => [line, why[index] ?? ""])].join("\n");
}

/**
 * Sends each dead letter to its consumer's queue and then deletes it. A redrive that dies in between leaves it in both:
 * consumers know an event by its id, so nothing happens twice. (`StartMessageMoveTask` does not take these queues: SNS sends to
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
        `SQS did not take ${Failed.length} messages (${Failed[0]?.Code}): they are still dead letters. ${moved} were redriven. Try again.`,
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
    throw new CommandError("Not a terminal: pass --yes to confirm.", 2);
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
  if (!known || more.length > 0 || (verb !== "list" && consumer === undefined)) throw wrongCall(positionals);
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
        return { consumer: name, waiting, inFlight };
      }),
    );
    const table = rows.map(({ consumer, waiting, inFlight }) => [consumer, waiting, inFlight]);
    return print(rows, columns([["CONSUMER", "WAITING", "IN FLIGHT"], ...table]));
  }

  const urls = consumer !== undefined && Object.hasOwn(consumers, consumer) ? consumers[consumer] : undefined;
  if (consumer === undefined || !urls) throw unknownName("consumer", consumer ?? "", Object.keys(consumers));
  const { waiting } = await depth(target, urls.deadLetterQueueUrl);

  if (verb === "show") {
    const letters = await show(target, consumer, urls);
    return print(letters, showText(consumer, letters));
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
