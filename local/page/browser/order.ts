// One order: from the request to the last consumer, with every receive and every call.
import { change, queues, say } from "./state.ts";
import { address } from "./tools.ts";
import { badge, empty, fieldsOf, html, mail, money, short, span, table, Text, timeOf, until, useLoaded, type View } from "./ui.ts";
import type { CallView, OrderDetails, RunView } from "../views.ts";

const bodies = ({ request, answer, status }: Pick<RunView, "request" | "answer" | "status">): View =>
  html`<div class="two"><${Text} name="Request" text=${request} /><${Text} name="Answer ${status ?? ""}" text=${answer} /></div>`;
const at = ({ from, to }: { from: number; to: number }) => ({ left: `${from}%`, width: `max(3px, ${to - from}%)` });

function callView(call: CallView): View {
  const { operation, asked, verdict, status, durationMs } = call;
  const name = operation.startsWith("s3:") ? asked[0]?.action : operation.replace("https:", "");
  const wrong = verdict === "denied" ? badge(verdict) : (status ?? 500) >= 400 && badge(status ?? "no answer", "failed");
  return html`<details><summary><b>${name}</b>
  <span class="dim">${[...new Set(asked.map(({ resource }) => resource))].join(", ")} ${call.shared && "(also of other orders)"}</span>
  <span class="end">${wrong} ${span(durationMs)}</span></summary>
  <ul>${asked.map(
    (ask) =>
      html`<li>${badge(ask.statement ? verdict : "denied")} <code>${ask.action}</code> on <code>${ask.resource}</code> ${ask.statement ? html`by the statement <code>${ask.statement}</code>` : "for no statement allows it"}</li>`,
  )}</ul>${bodies(call)}</details>`;
}

function runView(run: RunView): View {
  const state = run.durationMs === undefined ? "running" : run.failed ? "failed" : "";
  return html`${run.pausedMs && html`<p class="pause dim">${span(run.pausedMs)} later</p>`}
  <details key=${run.requestId} class="run ${state}"><summary>
  <span><b>${run.function}</b> ${run.what !== run.function && html`<span class="dim">${run.what}</span>`} ${(run.receives ?? 1) > 1 && badge(`receive ${run.receives}`, "retrying")}</span>
  <span class="lane" aria-hidden="true"><i style=${at(run)}></i>${run.calls.map((call) => html`<b style=${at(call)}></b>`)}</span>
  <span class="end">${state && badge(state)} ${run.durationMs !== undefined && span(run.durationMs)}</span></summary>
  <p class="dim">${timeOf(run.at)} · request <code>${run.requestId}</code></p>
  ${run.error && html`<p class="error">${run.error}</p>`} ${run.kind === "request" && bodies(run)}
  ${run.calls.map(callView)} ${run.calls.length === 0 && empty("It called nothing.")}</details>`;
}

const list = (rows: readonly View[]): View => (rows.length === 0 ? empty("None yet.") : html`<ul>${rows.map((row) => html`<li>${row}</li>`)}</ul>`);

export function Order({ id }: { id: string }): View {
  const details = useLoaded<OrderDetails>(`orders/${id}`);
  if (!details) return html`<h1>Order ${short(id)}</h1>${empty("Nothing is known of it yet.")}`;
  const { order, runs, waiting, timeline, effects, messages } = details;
  const send = async (verb: string, done: string, body?: unknown): Promise<void> => {
    if (await change("POST", `orders/${id}/${verb}`, body)) say(`Order ${short(id)} ${done}.`);
  };
  const release = (event: SubmitEvent): unknown => {
    const shippingAddress = fieldsOf(event);
    return send("release", "is released", "line1" in shippingAddress ? { shippingAddress } : undefined);
  };
  return html`<p class="crumb"><a href="/_local/orders">Orders</a></p><h1>Order <code>${short(id)}</code> ${order && badge(order.status)}</h1>
  ${
    order &&
    html`<p class="tools"><span>${money(order.total)}</span><span>${order.items.map(({ quantity, name }) => `${quantity} × ${name}`).join(", ")}</span>
  <span>${timeOf(order.placedAt)}</span><span class="dim">${order.customerId}</span>${order.shipment && html`<span>${order.shipment.carrier} ${order.shipment.trackingNumber}</span>`}
  ${order.onHoldSince && html`<span>on hold since ${timeOf(order.onHoldSince)}</span>`}</p>
  ${
    order.status === "on-hold" &&
    html`<details open><summary><b>Release from hold</b></summary><p class="error">${order.onHoldBecause}</p><p>Give another address, or none to try the same again.</p>
  <form class="fields" onSubmit=${release}>${Object.entries(address).map(([name, [label]]) => html`<label>${label} <input name=${name} /></label>`)}<button class="main">Release</button></form></details>`
  }
  <details><summary>Replay an event</summary><p>To one consumer, which knows by the event's id what it has done.</p>
  <form class="fields" onSubmit=${(event: SubmitEvent) => send("replay", "has its event sent again", fieldsOf(event))}>
  <label>Event <select name="eventId">${timeline.map((one) => html`<option value=${one.id}>${one.type}</option>`)}</select></label>
  <label>Consumer <select name="consumer">${queues.value.map(({ consumer }) => html`<option>${consumer}</option>`)}</select></label><button class="main">Send</button></form></details>
  ${!["rejected", "shipping", "cancelled"].includes(order.status) && html`<p><button onClick=${() => send("cancel", "is cancelled")}>Cancel the order</button></p>`}`
  }
  ${
    waiting.length > 0 &&
    html`<h2>In queues now</h2>${table(
      "Messages in queues",
      ["Consumer", "Event", "State", ">Receives", "Next attempt", "Set aside"],
      waiting.map(
        (message) => html`<tr key=${message.messageId}><td><a href="/_local/queues/${message.consumer}">${message.consumer}</a></td><td>${message.event}</td>
  <td>${badge(message.state)} <span class="dim">${message.error}</span></td><td class="right">${message.receives} of ${message.maxReceives}</td>
  ${[message.nextAttemptAt, message.setAsideAt].map((time) => html`<td>${time && html`${timeOf(time)} <span class="dim">${until(time)}</span>`}</td>`)}</tr>`,
      ),
    )}`
  }
  <h2>What ran</h2>${runs.length === 0 && empty("The history has nothing of it.")} <div class="waterfall">${runs.map(runView)}</div>
  <div class="two"><section><h2>Timeline</h2>${list(timeline.map((one) => html`<time>${timeOf(one.at)}</time> ${one.type} ${!one.published && badge("waits in the outbox", "retrying")}`))}</section>
  <section><h2>Ledger</h2>${list(effects.map((one) => html`<time>${timeOf(one.at ?? "")}</time> ${one.effect} <span class="dim">${one.event}</span> ${badge(one.outcome ?? "claimed", one.outcome?.split(":")[0] ?? "retrying")}`))}</section></div>
  <h2>Messages to the customer</h2>${messages.length === 0 && empty("None yet.")} ${messages.map((one) => mail(one))}`;
}
