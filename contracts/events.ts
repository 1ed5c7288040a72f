import * as z from "zod";
import { PastMoney } from "./text.ts";

/** One kind of event: its CloudEvents `type` and the schema of its `data`. */
export interface EventType<T extends string = string, S extends z.ZodType = z.ZodType> {
  readonly type: T;
  readonly data: S;
}
export type DataOf<E extends EventType> = z.output<E["data"]>;

/** The CloudEvent 1.0 of each type: a union that narrows on `type`. */
export type EventOf<E extends EventType> = E extends EventType
  ? Envelope & { type: E["type"]; data: DataOf<E> }
  : never;

const event = <const T extends string, S extends z.ZodType>(type: T, data: S): EventType<T, S> => ({ type, data });

const customerId = z.string();
const lines = z.array(
  z.object({ sku: z.string(), quantity: z.int().positive(), unitPrice: PastMoney, lineTotal: PastMoney }),
);

export const OrderPlaced = event("order.placed", z.object({ customerId, lines, total: PastMoney }));
export const OrderConfirmed = event("order.confirmed", z.object({ customerId, lines, total: PastMoney }));
export const OrderRejected = event(
  "order.rejected",
  z.object({ customerId, shortages: z.array(z.object({ sku: z.string(), requested: z.int().positive() })) }),
);
export const OrderCancelled = event("order.cancelled", z.object({ customerId }));
export const ShipmentBooked = event(
  "shipment.booked",
  z.object({ customerId, carrier: z.string(), trackingNumber: z.string() }),
);
export const ShipmentRefused = event(
  "shipment.refused",
  z.object({ customerId, carrier: z.string(), reason: z.string() }),
);

/** Every event of the system: what the topic carries. */
export const events = [
  OrderPlaced,
  OrderConfirmed,
  OrderRejected,
  OrderCancelled,
  ShipmentBooked,
  ShipmentRefused,
] as const;

/**
 * The CloudEvents 1.0 attributes that every event has (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md).
 * Unknown attributes are let through: a newer producer must not break an older consumer.
 */
const Envelope = z.object({
  specversion: z.literal("1.0"),
  /** `<orderId>/<type>`: an order emits each type at most once. */
  id: z.string().min(1),
  source: z.string().min(1),
  type: z.string(),
  /** The order's id. */
  subject: z.string().min(1),
  time: z.iso.datetime(),
  datacontenttype: z.literal("application/json"),
  data: z.unknown(),
});
type Envelope = z.output<typeof Envelope>;

/** Makes the CloudEvent of one type for one order. */
export function cloudEvent<E extends EventType>(
  type: E,
  orderId: string,
  source: string,
  time: string,
  data: DataOf<E>,
) {
  return {
    specversion: "1.0" as const,
    id: `${orderId}/${type.type}`,
    source,
    type: type.type,
    subject: orderId,
    time,
    datacontenttype: "application/json" as const,
    data,
  };
}

/**
 * Reads a CloudEvent of one of the given types out of a message's body; `undefined` is one of another type that we know.
 * @throws Error saying what is wrong with the message: it will never be processed, whoever retries it.
 */
export function decode<E extends EventType>(types: readonly E[], body: string): EventOf<E> | undefined {
  const envelope = Envelope.parse(parseJson(body));
  const type = types.find((candidate) => candidate.type === envelope.type);
  if (!type && events.some((known) => known.type === envelope.type)) return undefined;
  if (!type) throw new Error("the event is of a type that is not known");
  // The type was found by its name and its schema parses the data; the compiler cannot tie the two together.
  return { ...envelope, data: type.data.parse(envelope.data) } as EventOf<E>;
}

/** The parser's own message would quote the body, and end in a log. */
function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Error("the body is not JSON");
  }
}
