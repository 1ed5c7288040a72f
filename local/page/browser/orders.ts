// The list of orders. Only the rows in sight are in the document: 10,000 orders scroll as 30 do.
import { computed, signal, useSignal, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { dropped, go, orders, queues } from "./state.ts";
import { badge, empty, html, into, money, orderLink, timeOf, type View } from "./ui.ts";
import type { OrderRow } from "../views.ts";

const ROW_PX = 40;
const SPARE_ROWS = 8;
const MOST_ROWS = 90;
const [status, consumer, text, chosen] = [signal(""), signal(""), signal(""), signal(0)];

const troubles = ({ consumers }: OrderRow) => Object.entries(consumers).filter(([, state]) => state !== "done");

const found = computed(() => {
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  return [...orders.value.values()].filter(
    (order) =>
      (!status.value || order.status === status.value) &&
      (!consumer.value || troubles(order).some(([name]) => name === consumer.value)) &&
      words.every((word) => `${order.id} ${order.items} ${order.customerId} ${order.trackingNumber}`.toLowerCase().includes(word)),
  );
});

const select = (label: string, value: Signal<string>, options: readonly string[]): View =>
  html`<label>${label} <select value=${value.value} onChange=${into(value)}>
  <option value="">any</option>${options.map((option) => html`<option>${option}</option>`)}</select></label>`;

const columns = ["Placed", "Order", "Status", "Items", "Total", "Customer", "Not done"];
const classes = ["", "", "", "wide", "right", "wide dim", ""];

const rowOf = (order: OrderRow, index: number): View =>
  html`<div key=${order.id} role="row" aria-rowindex=${index + 2} class="row ${index === chosen.value && "chosen"}">${[
    timeOf(order.placedAt),
    orderLink(order.id),
    badge(order.status),
    order.items,
    order.total && money(order.total),
    order.customerId,
    troubles(order).map(([name, state]) => badge(`${name} ${state}`, state)),
  ].map((cell, at) => html`<span role="cell" class=${classes[at]}>${cell}</span>`)}</div>`;

export function Orders(): View {
  const [top, height] = [useSignal(0), useSignal(600)];
  const box = useRef<HTMLDivElement>(null);
  const rows = found.value;
  useEffect(() => {
    const seen = new ResizeObserver(([entry]) => (height.value = entry?.contentRect.height ?? 600));
    if (box.current) seen.observe(box.current);
    return () => seen.disconnect();
  }, []);
  const first = Math.max(0, Math.floor(top.value / ROW_PX) - SPARE_ROWS);
  const shown = rows.slice(first, first + Math.min(MOST_ROWS, Math.ceil(height.value / ROW_PX) + 2 * SPARE_ROWS));
  const move = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -rows.length, End: rows.length }[event.key];
    const order = rows[chosen.value];
    if (event.key === "Enter" && order && event.target === box.current) go(`orders/${order.id}`);
    if (step === undefined || !box.current) return;
    event.preventDefault();
    chosen.value = Math.max(0, Math.min(rows.length - 1, chosen.value + step));
    const at = chosen.value * ROW_PX;
    box.current.scrollTop = Math.max(at + 2 * ROW_PX - height.value, Math.min(at, box.current.scrollTop));
  };
  const statuses = [...new Set([...orders.value.values()].map((order) => order.status))].sort();
  const lost = dropped.value;
  return html`<h1>Orders</h1>
  <form class="tools" role="search" onSubmit=${(event: Event) => event.preventDefault()}>
  ${select("Status", status, statuses)} ${select(
    "Not done by",
    consumer,
    queues.value.map((queue) => queue.consumer),
  )}
  <label>Text <input type="search" placeholder="id, customer, SKU, tracking number" value=${text.value}
  onInput=${into(text)} /></label>
  <output>${rows.length} of ${orders.value.size}</output></form>
  ${lost && html`<p class="banner">${lost.orders} older orders, until ${timeOf(lost.until)}, are out of the history.</p>`}
  ${rows.length === 0 && empty(orders.value.size === 0 ? "No order yet. Place one under Try it." : "No order fits.")}
  <div class="table" role="table" aria-label="Orders" aria-rowcount=${rows.length + 1} ref=${box} tabindex="0" onKeyDown=${move}
  onScroll=${({ currentTarget }: { currentTarget: HTMLElement }) => (top.value = currentTarget.scrollTop)}>
  <div role="row" class="row head">${columns.map((name, at) => html`<span role="columnheader" class=${classes[at]}>${name}</span>`)}</div>
  <div role="rowgroup" style=${{ paddingTop: `${first * ROW_PX}px`, paddingBottom: `${(rows.length - first - shown.length) * ROW_PX}px` }}>
  ${shown.map((order, index) => rowOf(order, first + index))}</div></div>`;
}
