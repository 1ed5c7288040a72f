import { checkHistory, type Verdict } from "../support/history.ts";
import type { Collected } from "./collect.ts";
import type { Accepted } from "./load.ts";

export interface Judgement extends Verdict {
  /** SKUs of which the stock on hand and the stock taken are not what there was, and customers with other points than due. */
  readonly stock: readonly string[];
  /** E-mails and SMS beyond the first of their kind, each after a death: what stays at-least-once. */
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
  const tellings = Map.groupBy(
    told,
    ({ channel, orderId, subject, text }) => `${orderId} ${channel} ${subject || text}`,
  );
  const mails = [...tellings.keys()]
    .filter((telling) => telling.includes(" email "))
    .map((telling) => telling.split(" ")[0] ?? "");

  const texted = [...new Set(told.filter(({ channel }) => channel === "sms").map(({ orderId }) => orderId))];
  const shipped = new Set(ofStatus("shipping"));

  const verdict = checkHistory({
    expected: new Map([
      ["accepted", new Set(acceptedIds)],
      ["decided", new Set(acceptedIds)],
      ["timeline", new Set(due)],
      ["analytics", new Set(due)],
      ["shipment", new Set(confirmed)],
      [
        "SMS",
        new Set(
          accepted.filter(({ orderId, wantsSms }) => wantsSms && shipped.has(orderId)).map(({ orderId }) => orderId),
        ),
      ],
      // Each order's customer has two different e-mails: that it was placed, and what became of it.
      ["notifications", new Set(acceptedIds.flatMap((id) => [`${id} 1`, `${id} 2`]))],
    ]),
    effects: [
      ...orders.map(({ orderId }) => ({ consumer: "accepted", id: orderId })),
      ...ofStatus("shipping", "rejected").map((id) => ({ consumer: "decided", id })),
      ...events.map(({ orderId, type }) => ({ consumer: "timeline", id: `${orderId}/${type}` })),
      ...[...stored].map((id) => ({ consumer: "analytics", id })),
      ...shipments.map(({ orderId }) => ({ consumer: "shipment", id: orderId })),
      ...texted.map((id) => ({ consumer: "SMS", id })),
      ...[...Map.groupBy(mails, (id) => id)].flatMap(([id, of]) =>
        of.map((_, at) => ({ consumer: "notifications", id: `${id} ${at + 1}` })),
      ),
    ],
    pending: [
      ...messages,
      ...events
        .filter(({ outboxSince }) => outboxSince !== undefined)
        .map(({ orderId, type }) => ({ consumer: "outbox", id: `${orderId} ${type}` })),
    ],
  });
  return {
    ...verdict,
    duplicated: [...verdict.duplicated, ...withoutDeath(tellings, collected)],
    stock: [...wrongStock(collected), ...wrongPoints(collected)],
    repeatedTellings: told.length - tellings.size,
  };
}

/**
 * The tellings that were made more than once though no death explains it. A sender whose function ended before it
 * answered, or answered that the message is not done, may not have heard of its success: another may tell again. Of
 * the senders that reported the message as done there is one at most, and it sent once.
 */
function withoutDeath(tellings: ReadonlyMap<string, Collected["told"]>, { undone }: Collected): string[] {
  return [...tellings].flatMap(([telling, of]) => {
    const done = of.filter(({ orderId, requestId }) => undone.get(requestId)?.has(orderId) === false);
    return done.length > 1 ? [`${telling}: ${done.length} times done`] : [];
  });
}

/** One point for each whole unit spent, at the run's price of 5, on orders that were confirmed. */
function wrongPoints({ orders, points }: Collected): string[] {
  const due = new Map<string, number>();
  for (const { status, customerId, items } of orders) {
    if (status !== "shipping") continue;
    const spent = items.reduce((sum, { quantity }) => sum + 5 * quantity, 0);
    due.set(customerId, (due.get(customerId) ?? 0) + spent);
  }
  return [...new Set([...due.keys(), ...points.keys()])]
    .filter((customer) => due.get(customer) !== points.get(customer))
    .map((customer) => `${customer}: ${due.get(customer) ?? 0} points due, ${points.get(customer) ?? 0} given`);
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
