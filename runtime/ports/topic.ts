import { PublishBatchCommand } from "@aws-sdk/client-sns";
import { snsClient } from "./clients.ts";
import { messageOf, type Publishable } from "./message.ts";
import type { Opening, Scope } from "./port.ts";

/** The topic's method. */
export interface TopicPort {
  /** Publishes up to 10 events in one call, and returns those that SNS took. */
  publish<P extends Publishable>(events: readonly P[]): Promise<P[]>;
}

export function open({ calls, env: { TOPIC_ARN: TopicArn } }: Opening) {
  const client = snsClient(calls);
  return ({ signal: abortSignal }: Scope): TopicPort => ({
    async publish(events) {
      const { Successful } = await client.send(
        new PublishBatchCommand({
          TopicArn,
          PublishBatchRequestEntries: events.map((publishable, index) => ({
            Id: String(index),
            ...messageOf(publishable),
          })),
        }),
        { abortSignal },
      );
      const taken = new Set(Successful?.map(({ Id }) => Id));
      return events.filter((_, index) => taken.has(String(index)));
    },
  });
}
