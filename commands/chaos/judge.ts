import { checkHistory, type Verdict } from "../history.ts";
import type { Collected } from "./collect.ts";
import type { Accepted } from "./load.ts";

export interface Judgement extends Verdict {
  /** SKUs of which the stock on hand and the stock taken are not what there was. */
  readonly stock: readonly string[];
  /** E-mails and SMS beyond the first of their kind: what stays at-least-once. */
  readonly repeatedTellings: number;
}

/** Compares what was accepted with all that a run has left behind. */
export function judge(collected: Collected, accepted: readonly Accepted[]): Judgement {
  const { orders, events, told, shipments, stored, messages } = collected;
  const ofStatus = (...statuses: string[]) =>
    orders.filter(({ status }) => statuses.includes(status)).map(({ orderId }) => orderId);
  const confirmed = ofStatus("confirmed", "shipping");
  const rejected = ofStatus("rejected");
  const ids = (orderIds: readonly string[], type: string) => orderIds.map((id) => `${id}/${type}`);
  const acceptedIds = accepted.map(({ orderId }) => orderId);

  const due = [
    ...ids(acceptedIds, "order.placed"),
    ...ids(confirmed, "order.confirmed"),
    ...ids(confirmed, "shipment.booked"),
    ...ids(rejected, "order.rejected"),
  ];
  const tellings = new Set(
    told.map(({ channel, orderId, subject, text }) => `${orderId} ${channel} ${subject || text}`),
  );
  const mails = [...tellings]
    .filter((telling) => telling.includes(" email "))
    .map((telling) => telling.split(" ")[0] ?? "");

  const verdict = checkHistory({
    expected: new Map([
      ["accepted", new Set(acceptedIds)],
      ["decided", new Set(acceptedIds)],
      ["timeline", new Set(due)],
      ["analytics", new Set(due)],
      ["shipment", new Set(confirmed)],
      // Each order's customer has two different e-mails: that it was placed, and what became of it.
      ["notifications", new Set(acceptedIds.flatMap((id) => [`${id} 1`, `${id} 2`]))],
    ]),
    effects: [
      ...orders.map(({ orderId }) => ({ consumer: "accepted", id: orderId })),
      ...ofStatus("shipping", "rejected").map((id) => ({ consumer: "decided", id })),
      ...events.map(({ orderId, entry }) => ({
        consumer: "timeline",
        id: `${orderId}/${entry.replace("event#", "")}`,
      })),
      ...[...stored].map((id) => ({ consumer: "analytics", id })),
      ...shipments.map(({ orderId }) => ({ consumer: "shipment", id: orderId })),
      ...[...Map.groupBy(mails, (id) => id)].flatMap(([id, of]) =>
        of.map((_, at) => ({ consumer: "notifications", id: `${id} ${at + 1}` })),
      ),
    ],
    pending: [
      ...messages,
      ...events
        .filter(({ outboxSince }) => outboxSince !== undefined)
        .map(({ orderId, entry }) => ({ consumer: "outbox", id: `${orderId} ${entry}` })),
    ],
  });
  return { ...verdict, stock: wrongStock(collected), repeatedTellings: told.length - tellings.size };
}

function wrongStock({ orders, stocked, onHand }: Collected): string[] {
  return [...stocked].flatMap(([sku, initial]) => {
    const taken = orders
      .filter(({ stockTaken }) => stockTaken === true)
      .flatMap(({ items }) => items)
      .filter((item) => item.sku === sku)
      .reduce((sum, { quantity }) => sum + quantity, 0);
    const left = onHand.get(sku) ?? 0;
    return left >= 0 && left + taken === initial
      ? []
      : [`${sku}: ${initial} at first, ${left} on hand, ${taken} taken`];
  });
}
