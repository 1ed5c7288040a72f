import * as z from "zod";
import { parseJson } from "../shared/json.ts";
import { missing, ok, refused, type PageAnswer } from "./answer.ts";
import type { PageArgs } from "./args.ts";
import { consumerOf, deadLettersOf, type ConsumerQueues } from "./queues.ts";

/** Which dead letters: all that is given must fit, and without any all do. */
const Filter = z.strictObject({
  messageIds: z.array(z.string()).optional(),
  event: z.string().optional(),
  /** The last error, whole. */
  error: z.string().optional(),
});
const Redrive = z.strictObject({ ...Filter.shape, dryRun: z.boolean().default(false) });
const Send = z.strictObject({ body: z.string().min(1), replaces: z.string() });
const Purge = z.strictObject({ count: z.int() });

/** Changes a consumer's dead letters: `redrive`, `send` (edited, in the place of one) or `purge`. */
export async function changeDeadLetters(
  args: PageArgs,
  name: string,
  verb: string,
  text: string,
): Promise<PageAnswer | undefined> {
  const act = { redrive, send, purge }[verb];
  if (act === undefined) return undefined;
  const consumer = await consumerOf(args, name);
  return consumer ? act(args, consumer, parseJson(text)) : missing(`consumer ${name}`);
}

/** Sends dead letters to the consumer's queue again, as they are; with `dryRun` it only says which. */
async function redrive(args: PageArgs, consumer: ConsumerQueues, body: unknown): Promise<PageAnswer> {
  const { data, error } = Redrive.safeParse(body);
  if (data === undefined) return refused(400, z.prettifyError(error));
  const fitting = deadLettersOf(args, consumer).filter(
    (letter) =>
      (data.messageIds?.includes(letter.messageId) ?? true) &&
      (data.event ?? letter.event) === letter.event &&
      (data.error === undefined || data.error === letter.error),
  );
  const messageIds = fitting.map(({ messageId }) => messageId);
  if (data.dryRun) return ok({ dryRun: true, redriven: messageIds.length, messageIds });
  const { queue, deadLetters } = consumer;
  const wanted = new Set(messageIds);
  const taken = deadLetters.messages.filter(({ messageId }) => wanted.has(messageId));
  const moved = (await args.messaging).replace(deadLetters, taken, (message) => ({ to: queue, body: message.body }));
  return ok({ dryRun: false, redriven: moved.length, messageIds: moved.map(({ messageId }) => messageId) });
}

/** Sends an edited dead letter as a new message, and takes the old one away. */
async function send(args: PageArgs, consumer: ConsumerQueues, body: unknown): Promise<PageAnswer> {
  const { data, error } = Send.safeParse(body);
  if (data === undefined) return refused(400, z.prettifyError(error));
  const { queue, deadLetters } = consumer;
  const old = deadLetters.messages.filter(({ messageId }) => messageId === data.replaces);
  const moved = (await args.messaging).replace(deadLetters, old, () => ({ to: queue, body: data.body }));
  if (moved.length === 1) return ok({ replaced: data.replaces });
  return refused(409, `${consumer.consumer} has no dead letter ${data.replaces} any more. Load the page again.`);
}

/** Deletes all dead letters, if there are as many as the person was told. */
async function purge(args: PageArgs, consumer: ConsumerQueues, body: unknown): Promise<PageAnswer> {
  const { data, error } = Purge.safeParse(body);
  if (data === undefined) return refused(400, z.prettifyError(error));
  const { messages } = consumer.deadLetters;
  if (messages.length !== data.count)
    return refused(409, `${consumer.consumer} has ${messages.length} dead letters now, not ${data.count}. Look again.`);
  return ok({ purged: (await args.messaging).replace(consumer.deadLetters, [...messages]).length });
}
