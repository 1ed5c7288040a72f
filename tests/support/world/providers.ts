import { randomUUID } from "node:crypto";
import * as z from "zod";
import type { Call } from "../../../runtime/ports/calls.ts";
import { OutsideError, type Outside } from "./outside.ts";
import type { Message } from "./queues.ts";

const Attributes = z
  .record(z.string(), z.object({ StringValue: z.string().optional() }))
  .transform((all) =>
    Object.fromEntries(Object.entries(all).map(([name, { StringValue = "" }]) => [name, StringValue])),
  );
const Entry = z.object({ Message: z.string(), MessageAttributes: Attributes });
const Publish = Entry.extend({ PhoneNumber: z.string().optional() });
const PublishBatch = z.object({ PublishBatchRequestEntries: z.array(Entry.extend({ Id: z.string() })) });
const Put = z.object({ Key: z.string(), Body: z.string() });
const Email = z.object({
  Destination: z.object({ ToAddresses: z.array(z.string()) }),
  Content: z.object({ Simple: z.object({ Subject: z.object({ Data: z.string() }) }) }),
  EmailTags: z.array(z.object({ Value: z.string() })),
});
/** A message on its way from the topic to the queues. */
type Published = Pick<Message, "body" | "attributes">;

/** SES, SNS, S3 and the hosts outside, in memory: what is here outlives every function, as a provider does. */
export class Providers {
  readonly mails: { readonly to: string; readonly subject: string; readonly orderId: string }[] = [];
  readonly texts: { readonly to: string; readonly orderId: string }[] = [];
  /** The objects of S3 by key. */
  readonly lake = new Map<string, string>();
  readonly #outside: Outside;
  readonly #publish: (messages: readonly Published[]) => void;

  constructor(outside: Outside, publish: (messages: readonly Published[]) => void) {
    this.#outside = outside;
    this.#publish = publish;
  }

  /**
   * Plays a call.
   * @throws OutsideError where nobody plays it.
   */
  answer({ service, operation, input }: Call): unknown {
    if (service === "https") return this.#outside.answer(operation, input);
    const output = { $metadata: {}, ...this.#aws(service, operation, input) };
    // A command's middleware hands its output on in this envelope.
    return { output, response: {} };
  }

  #aws(service: string, operation: string, input: unknown): object {
    switch (operation) {
      case "SendEmail": {
        const { Destination, Content, EmailTags } = Email.parse(input);
        const [to = "", orderId = ""] = [Destination.ToAddresses[0], EmailTags[0]?.Value];
        this.mails.push({ to, orderId, subject: Content.Simple.Subject.Data });
        return { MessageId: randomUUID() };
      }
      case "PutObject": {
        const { Key, Body } = Put.parse(input);
        this.lake.set(Key, Body);
        return {};
      }
      case "Publish": {
        const { PhoneNumber: to, Message: body, MessageAttributes: attributes } = Publish.parse(input);
        if (to === undefined) this.#publish([{ body, attributes }]);
        else this.texts.push({ to, orderId: attributes["orderId"] ?? "" });
        return { MessageId: randomUUID() };
      }
      case "PublishBatch": {
        const { PublishBatchRequestEntries: entries } = PublishBatch.parse(input);
        this.#publish(entries.map(({ Message: body, MessageAttributes: attributes }) => ({ body, attributes })));
        return { Successful: entries.map(({ Id }) => ({ Id })) };
      }
      default:
        throw new OutsideError(
          `${service} ${operation}: no world plays it. Add it in tests/support/world/providers.ts.`,
        );
    }
  }
}
