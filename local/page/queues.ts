import * as z from "zod";
import { identify } from "../../contracts/cloud-event.ts";
import { visibilitySeconds } from "../lambda/batch.ts";
import type { Message, Queue } from "../messaging/fauxqs.ts";
import type { Messaging } from "../messaging/server.ts";
import { parseJson } from "../shared/json.ts";
import { exportsOf, type PageArgs } from "./args.ts";
import type { MessageView, QueueDetails, QueueView } from "./views.ts";

/** A consumer with its queues. */
export interface ConsumerQueues {
  readonly consumer: string;
  /** Its function's physical name. */
  readonly functionName: string;
  readonly queue: Queue;
  readonly deadLetters: Queue;
}

const Redrive = z.object({ maxReceiveCount: z.coerce.number() });
const Mapping = z.object({ eventSourceArn: z.string(), maximumBatchingWindowInSeconds: z.number().default(0) });
/** More are not shown at once. */
const MOST_SHOWN = 200;

/** The consumers of the program, in its order. */
export function consumersOf({ program }: Pick<PageArgs, "program">, { sqs }: Messaging): ConsumerQueues[] {
  const queueOf = (url: string) => sqs.queuesByName.get(url.split("/").at(-1) ?? "");
  return Object.entries(exportsOf(program).consumers).flatMap(
    ([consumer, { queueUrl, deadLetterQueueUrl, functionName }]) => {
      const [queue, deadLetters] = [queueOf(queueUrl), queueOf(deadLetterQueueUrl)];
      deadLetters?.processTimers(); // what somebody has received and left is there again
      return queue && deadLetters ? [{ consumer, functionName, queue, deadLetters }] : [];
    },
  );
}

/** The consumer of that name. */
export const consumerOf = async (args: PageArgs, name: string): Promise<ConsumerQueues | undefined> =>
  consumersOf(args, await args.messaging).find(({ consumer }) => consumer === name);

/** All that is in a queue, without a receive. */
export const allMessages = (queue: Queue): Message[] => [
  ...queue.messages,
  ...queue.delayedMessages,
  ...inFlight(queue).map(({ message }) => message),
];

/** A consumer's limits, in seconds as this cloud runs them. */
function limitsOf({ program, settings }: PageArgs, queue: Queue) {
  const mappings = [...program.graph.values()].filter(({ type }) => type.endsWith(":EventSourceMapping"));
  const own = mappings
    .map(({ inputs }) => Mapping.safeParse(inputs).data)
    .find((one) => one?.eventSourceArn === queue.arn);
  return {
    visibilitySeconds: visibilitySeconds(queue) / settings.speed,
    windowSeconds: (own?.maximumBatchingWindowInSeconds ?? 0) / settings.speed,
    maxReceives:
      Redrive.safeParse(parseJson(queue.attributes["RedrivePolicy"] ?? "")).data?.maxReceiveCount ?? Infinity,
  };
}

/** A queue's depths. It is looked into: nothing is received. */
export function queueView(args: PageArgs, { consumer, queue, deadLetters }: ConsumerQueues): QueueView {
  const { visibilitySeconds, maxReceives } = limitsOf(args, queue);
  const oldestAt = allMessages(queue).reduce((oldest, { sentTimestamp }) => Math.min(oldest, sentTimestamp), Infinity);
  return {
    consumer,
    name: queue.name,
    ready: queue.messages.length,
    inFlight: queue.inflightMessages.size,
    delayed: queue.delayedMessages.length,
    dead: allMessages(deadLetters).length,
    ...(oldestAt !== Infinity && { oldestAt }),
    visibilitySeconds,
    maxReceives,
  };
}

const inFlight = (queue: Queue) => [...queue.inflightMessages.values()];

/** The messages of a consumer's queue, soonest first, without a receive. */
export function messagesIn(args: PageArgs, { queue }: ConsumerQueues): MessageView[] {
  const { visibilitySeconds, windowSeconds, maxReceives } = limitsOf(args, queue);
  const now = Date.now();
  const view = (message: Message, state: MessageView["state"], visibleAt: number): MessageView => {
    const nextAttemptAt = visibleAt + windowSeconds * 1_000;
    const left = maxReceives - message.approximateReceiveCount;
    const setAsideAt = nextAttemptAt + Math.max(0, left) * (visibilitySeconds + windowSeconds) * 1_000;
    return { ...viewOf(message, state, maxReceives), nextAttemptAt, ...(left !== Infinity && { setAsideAt }) };
  };
  return [
    ...queue.messages.map((message) => view(message, "ready", now)),
    ...inFlight(queue).map(({ message, visibilityDeadline }) => view(message, "in flight", visibilityDeadline)),
    ...queue.delayedMessages.map((message) => view(message, "delayed", message.delayUntil ?? now)),
  ];
}

function viewOf(message: Message, state: MessageView["state"], maxReceives: number): MessageView {
  const { messageId, body, sentTimestamp: sentAt, approximateReceiveCount: received } = message;
  // The receive that sets a message aside hands it to nobody.
  const receives = state === "dead" ? Math.min(received, maxReceives) : received;
  const { event = "unreadable", orderId = "" } = identify(body);
  return { messageId, event, orderId, state, sentAt, receives, maxReceives, body };
}

const Complaint = z.object({
  message: z.string(),
  error: z.string().optional(),
  reason: z.string().optional(),
  issues: z.string().optional(),
});

/** What a function logged, in a line for people. */
export function complaintText(line: string | undefined): string | undefined {
  const { data } = Complaint.safeParse(parseJson(line ?? ""));
  return data && [data.error ?? data.message, data.reason ?? data.issues].filter(Boolean).join(": ");
}

/** The dead letters of a consumer, oldest first, each with the last error about it. */
export function deadLettersOf(args: PageArgs, { functionName, queue, deadLetters }: ConsumerQueues): MessageView[] {
  const { maxReceives } = limitsOf(args, queue);
  return allMessages(deadLetters)
    .map((message) => {
      const shown = viewOf(message, "dead", maxReceives);
      const error = complaintText(args.history.lastComplaint(functionName, shown.orderId));
      return { ...shown, ...(error !== undefined && { error }) };
    })
    .sort((a, b) => a.sentAt - b.sentAt);
}

/** A consumer's queue with its messages. */
export const queueDetails = (args: PageArgs, consumer: ConsumerQueues): QueueDetails => ({
  ...queueView(args, consumer),
  messages: messagesIn(args, consumer).slice(0, MOST_SHOWN),
  deadLetters: deadLettersOf(args, consumer).slice(0, MOST_SHOWN),
});
