import type { SQSRecord } from "aws-lambda";
import { randomUUID } from "node:crypto";
import { record } from "../lambda.ts";

export interface Message {
  readonly id: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  receives: number;
  /** When it can be received again: by the world's clock, in milliseconds. */
  visibleAt: number;
}

export interface QueueLimits {
  readonly visibilityTimeoutSeconds: number;
  readonly maxReceiveCount: number;
}

/** A standard queue of SQS with its dead letters. What a test does to `messages`, SQS may do as well. */
export class Queue {
  readonly messages: Message[] = [];
  readonly deadLetters: Message[] = [];
  /** Every message that was ever sent. */
  readonly sent: Message[] = [];
  readonly #limits: QueueLimits;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** Sends a message, which has an id of its own and was never received. */
  send({ body, attributes }: Pick<Message, "body" | "attributes">): void {
    const message: Message = { id: randomUUID(), body, attributes, receives: 0, visibleAt: 0 };
    this.messages.push(message);
    this.sent.push(message);
  }

  /**
   * Up to `most` of the visible messages, from now on invisible for the visibility timeout. One that was received as
   * often as it may be goes to the dead letters instead.
   */
  receive(now: number, most: number): Message[] {
    const received: Message[] = [];
    for (const message of [...this.messages]) {
      if (received.length === most) break;
      if (message.visibleAt > now) continue;
      if (message.receives >= this.#limits.maxReceiveCount) {
        this.delete([message]);
        this.deadLetters.push(message);
        continue;
      }
      message.receives++;
      message.visibleAt = now + this.#limits.visibilityTimeoutSeconds * 1_000;
      received.push(message);
    }
    return received;
  }

  toFront(message: Message): void {
    this.messages.splice(this.messages.indexOf(message), 1);
    this.messages.unshift(message);
  }

  delete(messages: readonly Message[]): void {
    const gone = new Set(messages);
    this.messages.splice(0, Infinity, ...this.messages.filter((message) => !gone.has(message)));
  }

  /** When the next message can be received; undefined when there is none. */
  nextVisibleAt(): number | undefined {
    return this.messages.length > 0 ? Math.min(...this.messages.map(({ visibleAt }) => visibleAt)) : undefined;
  }
}

/** A message as Lambda hands it over. */
export function recordOf({ id, body, attributes, receives }: Message): SQSRecord {
  const made = record(id, body, attributes);
  return { ...made, attributes: { ...made.attributes, ApproximateReceiveCount: String(receives) } };
}
