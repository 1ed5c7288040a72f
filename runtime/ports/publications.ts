import { PublishBatchCommand } from "@aws-sdk/client-sns";
import type { EnvironmentWith } from "../../contracts/environment.ts";
import type { OutboxItem } from "../../contracts/outbox.ts";
import type { Log } from "../lambda/log.ts";
import type { Calls } from "./calls.ts";
import { documentClient, shortTimeoutSnsClient } from "./clients.ts";
import { messageOf } from "./message.ts";
import { putMany } from "./put-many.ts";

/** An item of the outbox without its mark: with the attributes of its key, whatever the table calls them. */
export type CommittedEvent = Omit<OutboxItem, "outboxShard" | "outboxSince"> & Readonly<Record<string, unknown>>;

/** SNS takes at most 10 messages in one call. */
const BATCH = 10;
/** How long a committed event may wait for others, in milliseconds. */
const WINDOW_MS = 100;

/** The outbox's table and the topic. */
type Target = Pick<EnvironmentWith<"OUTBOX" | "TOPIC_ARN">, "OUTBOX" | "TOPIC_ARN">;

/** The part of a scope that a publication needs. */
interface Around {
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * The committed events of one invocation on their way to the topic: they are published together when 10 wait, when the
 * first has waited for 100 ms, and when the batch ends. A function that dies in between leaves them to the relay.
 */
export class Publications {
  readonly #publish: (events: readonly CommittedEvent[]) => Promise<void>;
  readonly #windowMs: number;
  readonly #underWay: Promise<void>[] = [];
  #waiting: CommittedEvent[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(target: Target, calls: Calls, around: Around) {
    this.#windowMs = WINDOW_MS * (calls.patience ?? 1);
    this.#publish = (events) => publish(events, target, calls, around);
  }

  add(event: CommittedEvent): void {
    this.#waiting.push(event);
    if (this.#waiting.length === BATCH) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#windowMs).unref();
  }

  /** Publishes what still waits, and resolves when all marks are taken off that could be. */
  async settle(): Promise<void> {
    if (this.#waiting.length > 0) this.#flush();
    await Promise.all(this.#underWay);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#underWay.push(this.#publish(this.#waiting));
    this.#waiting = [];
  }
}

/** Publishes up to 10 events and takes off the marks of those that SNS took. What fails is logged, and left to the relay. */
export async function publish(
  events: readonly CommittedEvent[],
  { OUTBOX: { table: TableName }, TOPIC_ARN: TopicArn }: Target,
  calls: Calls,
  { signal: abortSignal, log }: Around,
): Promise<void> {
  const left = (those: readonly CommittedEvent[], error: string) =>
    those.forEach(({ event, correlationId }) =>
      log.warn("left to the relay", { correlationId, event: event.type, error }),
    );
  try {
    const PublishBatchRequestEntries = events.map((event, index) => ({ Id: String(index), ...messageOf(event) }));
    const { Successful } = await shortTimeoutSnsClient(calls).send(
      new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries }),
      { abortSignal },
    );
    const ids = new Set(Successful?.map(({ Id }) => Id));
    const taken = events.filter((_, index) => ids.has(String(index)));
    left(
      events.filter((event) => !taken.includes(event)),
      "not taken by SNS",
    );
    // The same items without their marks: nothing else in them ever changes.
    if (taken.length > 0 && (await putMany(documentClient(calls), TableName, taken, abortSignal)) > 0)
      log.warn("DynamoDB left marks on published events: the relay takes them off");
  } catch (error) {
    left(events, error instanceof Error ? error.name : "unknown");
  }
}
