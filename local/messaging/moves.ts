import type { Message, MessageAttribute, Persistence, Queue } from "./fauxqs.ts";

/** What a person does with messages: unlike a receive, none of it is counted. */
export interface Moves {
  /** Sends a message to a queue; gives its id. */
  send(queue: Queue, body: string, attributes: Readonly<Record<string, MessageAttribute>>): string;
  /**
   * Takes messages out of a queue for good and sends others in their place, all or nothing. A message that somebody has
   * received meanwhile stays.
   * @param next What is sent in the place of a message, if anything.
   * @returns The messages that were taken out.
   */
  replace(
    from: Queue,
    taken: readonly Message[],
    next?: (message: Message) => { readonly to: Queue; readonly body: string },
  ): Message[];
}

/** Moves messages of the stores that `persistence` keeps. */
export function createMoves(
  persistence: Persistence,
  createMessage: (body: string, attributes: Readonly<Record<string, MessageAttribute>>) => Message,
): Moves {
  return {
    send: (queue, body, attributes) => {
      const message = createMessage(body, attributes);
      queue.enqueue(message);
      return message.messageId;
    },
    replace: (from, taken, next) => {
      const going = taken.filter((message) => from.messages.includes(message));
      const sent = going.flatMap((message) => {
        const { to, body } = next?.(message) ?? {};
        return to && body !== undefined ? [{ to, message: createMessage(body, message.messageAttributes) }] : [];
      });
      persistence.transaction(() => {
        for (const { messageId } of going) persistence.deleteMessage(messageId);
        for (const { to, message } of sent) persistence.insertMessage(to.name, message);
      });
      for (const message of going) from.messages.splice(from.messages.indexOf(message), 1);
      for (const { to, message } of sent) {
        to.messages.push(message);
        to.notifyWaiters();
      }
      return going;
    },
  };
}
