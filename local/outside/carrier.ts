import { createHash } from "node:crypto";
import { join } from "node:path";
import * as z from "zod";
import type { Faults } from "../endpoint/faults.ts";
import { openJournal } from "./journal.ts";
import { parseJson } from "../shared/json.ts";

const Shipment = z.object({ key: z.string(), orderId: z.string(), trackingNumber: z.string(), cancelled: z.boolean() });
/** A shipment that a function booked. */
export type Shipment = z.infer<typeof Shipment>;

/** A request to a host outside, as the worker handed it over. */
export interface OutsideRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface OutsideAnswer {
  readonly status: number;
  readonly body?: object;
}

/** The logistics provider, captured. */
export interface Carrier {
  list(): readonly Shipment[];
  /** The provider's answer, or undefined when this host and path are not its API. */
  answer(request: OutsideRequest): OutsideAnswer | undefined;
}

const Booking = z.object({ orderId: z.string() });

/** Keeps the booked shipments in the state folder. */
export function openCarrier(state: string, faults: Faults): Carrier {
  const journal = openJournal(join(state, "shipments.jsonl"), Shipment);
  const current = new Map<string, Shipment>();
  for (const entry of journal.entries) current.set(entry.key, entry);
  const record = (shipment: Shipment): void => {
    journal.append(shipment);
    current.set(shipment.key, shipment);
  };

  const book = ({ headers, body }: OutsideRequest): OutsideAnswer => {
    const key = headers["idempotency-key"];
    const booking = Booking.safeParse(parseJson(body));
    if (typeof key !== "string" || key === "")
      return { status: 400, body: { detail: "the header Idempotency-Key is missing" } };
    if (!booking.success) return { status: 400, body: { detail: "the body is not a booking" } };
    if (/"postalCode"\s*:\s*"00000"/.test(body))
      return { status: 422, body: { detail: "no delivery to postal code 00000" } };
    const known = current.get(key);
    const shipment = known ?? {
      key,
      orderId: booking.data.orderId,
      trackingNumber: trackingNumber(key),
      cancelled: false,
    };
    if (!known) record(shipment);
    return { status: known ? 200 : 201, body: { carrier: "Sandbox Express", trackingNumber: shipment.trackingNumber } };
  };

  const cancel = (orderId: string): OutsideAnswer => {
    const found = [...current.values()].find((one) => one.orderId === orderId && !one.cancelled);
    if (!found) return { status: 404, body: { detail: `no shipment for order ${orderId}` } };
    record({ ...found, cancelled: true });
    return { status: 204 };
  };

  return {
    list: () => [...current.values()],
    answer: (request) => {
      const { pathname, protocol } = request.url;
      const orderId = /\/shipments\/([^/]+)$/.exec(pathname)?.[1];
      const booking = request.method === "POST" && pathname.endsWith("/shipments");
      const cancelling = request.method === "DELETE" && orderId !== undefined;
      if (protocol !== "https:" || !(booking || cancelling)) return undefined;
      if (faults.get().carrierDown) return { status: 503, body: { detail: "out of service" } };
      return booking ? book(request) : cancel(decodeURIComponent(orderId ?? ""));
    },
  };
}

/** "SE" and ten digits, the same for the same key. */
function trackingNumber(key: string): string {
  const digits = createHash("sha256").update(key).digest().readBigUInt64BE() % 10_000_000_000n;
  return `SE${digits.toString().padStart(10, "0")}`;
}
