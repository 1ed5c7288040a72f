import * as z from "zod";

/** One kind of event: its CloudEvents `type` and the schema of its `data`. */
export interface EventType<T extends string = string, S extends z.ZodType = z.ZodType> {
  readonly type: T;
  readonly data: S;
  /** The field of `data` that says whose event it is: `runtime/ports/outbox.ts` groups messages by it. */
  readonly groupBy?: string;
}
export type DataOf<E extends EventType> = z.output<E["data"]>;

/** The CloudEvent 1.0 of each type: a union that narrows on `type`. */
export type EventOf<E extends EventType> = E extends EventType
  ? Envelope & { type: E["type"]; data: DataOf<E> }
  : never;

/**
 * Defines one kind of event. `groupBy` names the field of its data that says whose event it is: a flood of one owner
 * then delays those of others less (SQS fair queues).
 */
export const event = <const T extends string, S extends z.ZodType>(
  type: T,
  data: S,
  groupBy?: keyof z.output<S> & string,
): EventType<T, S> => ({ type, data, ...(groupBy !== undefined && { groupBy }) });

/**
 * The CloudEvents 1.0 attributes that every event has (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md).
 * Unknown attributes are let through: a newer producer must not break an older consumer.
 */
const Envelope = z.object({
  specversion: z.literal("1.0"),
  /** See `eventId`. */
  id: z.string().min(1),
  source: z.string().min(1),
  type: z.string(),
  /** The id of the thing that the event is about. */
  subject: z.string().min(1),
  time: z.iso.datetime(),
  datacontenttype: z.literal("application/json"),
  data: z.unknown(),
});
type Envelope = z.output<typeof Envelope>;

/** An event's id: `<subject>/<type>`, and `<subject>/<type>/<n>` for what happens to a subject for the nth time. */
export const eventId = (subject: string, type: string, occurrence = 1): string =>
  occurrence === 1 ? `${subject}/${type}` : `${subject}/${type}/${occurrence}`;

/** For the how-manieth time an event happened to its subject; undefined where its id is of another form. */
export function occurrenceOf({ id, subject, type }: Pick<Envelope, "id" | "subject" | "type">): number | undefined {
  const occurrence = Number(id.slice(eventId(subject, type).length + 1) || 1);
  return Number.isSafeInteger(occurrence) && occurrence > 0 && id === eventId(subject, type, occurrence)
    ? occurrence
    : undefined;
}

/** Makes the CloudEvent of one type for one subject. */
export function cloudEvent<E extends EventType>(
  type: E,
  subject: string,
  source: string,
  time: string,
  data: DataOf<E>,
  occurrence?: number,
) {
  return {
    specversion: "1.0" as const,
    id: eventId(subject, type.type, occurrence),
    source,
    type: type.type,
    subject,
    time,
    datacontenttype: "application/json" as const,
    data,
  };
}

/**
 * Reads a CloudEvent of one of the given types from a message's body; `undefined` if it is of any other type.
 * @throws Error saying what is wrong with the message: no retry of the same code can read it.
 */
export function decode<E extends EventType>(types: readonly E[], body: string): EventOf<E> | undefined {
  const envelope = Envelope.parse(parseJson(body));
  const type = types.find((candidate) => candidate.type === envelope.type);
  if (!type) return undefined;
  // Effects are known by the event's id: one that could be anything would let an event be repeated as a new one.
  if (occurrenceOf(envelope) === undefined) throw new Error("the id is not made of the subject and the type");
  const { success, data, error } = type.data.safeParse(envelope.data);
  // Paths start at the body's root, where a person who reads the message starts too.
  if (!success) throw new z.ZodRealError(error.issues.map((issue) => ({ ...issue, path: ["data", ...issue.path] })));
  // The type was found by its name and its schema parsed the data; the compiler cannot tie the two together.
  return { ...envelope, data } as EventOf<E>;
}

/** The fields by which log lines name an event; the subject of every event of ours is an order's id. */
export const logFieldsOf = ({ type, subject }: { type: string; subject: string }) => ({
  orderId: subject,
  event: type,
});

/** The log fields of a message that cannot be decoded, as far as its id, type and subject can be read. */
export function identify(body: string): { eventId?: string; orderId?: string; event?: string } {
  const text = z.string().max(200).optional().catch(undefined);
  try {
    const { id, type, subject } = z.object({ id: text, type: text, subject: text }).parse(parseJson(body));
    return {
      ...(id !== undefined && { eventId: id }),
      ...(subject !== undefined && { orderId: subject }),
      ...(type !== undefined && { event: type }),
    };
  } catch {
    return {};
  }
}

/** Hides the parser's own message, which would quote the body and end in a log. */
function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Error("the body is not JSON");
  }
}
