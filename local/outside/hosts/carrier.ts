import { createHash } from "node:crypto";
import * as z from "zod";
import { defineHost, type HostRequest } from "../define-host.ts";

const Shipment = z.object({ key: z.string(), orderId: z.string(), trackingNumber: z.string(), cancelled: z.boolean() });
type Shipment = z.output<typeof Shipment>;

/** What it wants of its callers from then on: a hash, since the journal can be looked at. */
const Credential = z.object({ credentialHash: z.string() });

const Booking = z.object({
  orderId: z.string(),
  address: z.object({ postalCode: z.string().optional() }).optional(),
});

/** A logistics provider that books each idempotency key once, and refuses postal code 00000 for good. */
export default defineHost({
  host: "carrier.test",
  entry: z.union([Shipment, Credential]),
  routes: {
    // As on a carrier's own site: until it is called, no credential is wanted.
    "PUT /v1/credential": ({ text, journal }) => {
      journal.append({ credentialHash: hashOf(text) });
      return { status: 204 };
    },

    "POST /v1/shipments": ({ headers, body, journal }) => {
      if (!isAuthorized(headers, journal)) return unauthorized;
      const { "idempotency-key": key = "" } = headers;
      const booking = Booking.safeParse(body).data;
      if (key === "") return { status: 400, body: { detail: "the header Idempotency-Key is missing" } };
      if (!booking) return { status: 400, body: { detail: "the body is not a booking" } };
      if (booking.address?.postalCode === "00000")
        return { status: 422, body: { detail: "no delivery to postal code 00000" } };

      const known = latest(journal).get(key);
      const { orderId } = booking;
      const shipment = known ?? { key, orderId, trackingNumber: trackingNumber(key), cancelled: false };
      if (!known) journal.append(shipment);
      const answer = { carrier: "Sandbox Express", trackingNumber: shipment.trackingNumber };
      return { status: known ? 200 : 201, body: answer };
    },

    "DELETE /v1/shipments/{orderId}": ({ pathParameters: { orderId }, headers, journal }) => {
      if (!isAuthorized(headers, journal)) return unauthorized;
      const shipment = [...latest(journal).values()].find((one) => one.orderId === orderId && !one.cancelled);
      if (!shipment) return { status: 404, body: { detail: `no shipment for order ${orderId}` } };
      journal.append({ ...shipment, cancelled: true });
      return { status: 204 };
    },
  },
});

type Journal = HostRequest<Shipment | z.output<typeof Credential>>["journal"];

/** The shipments by key: a later entry stands for an earlier one. */
const latest = ({ entries }: Journal): Map<string, Shipment> =>
  new Map(entries.flatMap((entry) => ("key" in entry ? [[entry.key, entry] as const] : [])));

const unauthorized = { status: 401, body: { detail: "the credential is not the one that was set" } };
const hashOf = (credential: string): string => createHash("sha256").update(credential).digest("hex");

function isAuthorized({ authorization = "" }: HostRequest["headers"], { entries }: Journal): boolean {
  const wanted = entries.findLast((entry) => "credentialHash" in entry);
  return wanted === undefined || wanted.credentialHash === hashOf(authorization.replace(/^Bearer /, ""));
}

/** "SE" and ten digits, the same for the same key. */
function trackingNumber(key: string): string {
  const digits = createHash("sha256").update(key).digest().readBigUInt64BE() % 10_000_000_000n;
  return `SE${digits.toString().padStart(10, "0")}`;
}
