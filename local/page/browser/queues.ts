// The consumers' queues: looked into, which counts no receive, and their dead letters.
import { useSignal } from "@preact/signals";
import { diff } from "./diff.ts";
import { change, queues, say } from "./state.ts";
import { badge, empty, html, into, laidOut, orderLink, short, span, table, timeOf, until, useLoaded, type View } from "./ui.ts";
import type { MessageView, QueueDetails } from "../views.ts";

const ageOf = (at?: number): string => (at === undefined ? "" : span(Math.max(0, Date.now() - at)));
const heads = ["Consumer", ">Ready", ">In flight", ">Delayed", ">Dead", "Oldest", "Visible again after", ">Most receives"];

export const Queues = (): View =>
  html`<h1>Queues</h1>${table(
    "Queues",
    heads,
    queues.value.map(
      (queue) => html`<tr><td><a href="/_local/queues/${queue.consumer}">${queue.consumer}</a></td>
  ${[queue.ready, queue.inFlight, queue.delayed, queue.dead > 0 ? badge(queue.dead, "dead") : 0].map((count) => html`<td class="right">${count}</td>`)}
  <td>${ageOf(queue.oldestAt)}</td><td>${span(queue.visibilitySeconds * 1000)}</td><td class="right">${queue.maxReceives}</td></tr>`,
    ),
  )}`;

function Edit({ consumer, letter }: { consumer: string; letter: MessageView }): View {
  const before = laidOut(letter.body);
  const after = useSignal(before);
  let [body, wrong] = [after.value, ""];
  try {
    body = JSON.stringify(JSON.parse(body));
  } catch (error) {
    wrong = `It is no JSON. ${String(error)}`;
  }
  const send = async (): Promise<void> => {
    const sent = await change("POST", `queues/${consumer}/send`, { body, replaces: letter.messageId });
    if (sent) say(`Sent to ${consumer} as a new message.`);
  };
  return html`<details><summary>Edit and send again</summary><div class="two">
  <label>Body <textarea rows="16" spellcheck="false" value=${after.value} onInput=${into(after)}></textarea></label>
  <figure><figcaption>What changes</figcaption><pre tabindex="0">${diff(before, after.value).map(([kind, line]) => html`<span class="line ${{ "+": "good", "-": "bad", " ": "" }[kind]}">${kind} ${line}</span>`)}</pre></figure></div>
  <p class="tools"><button class="main" onClick=${send}>Send as a new message</button> <span class="error">${wrong}</span></p></details>`;
}

const message = (one: MessageView, actions?: View): View =>
  html`<details key=${one.messageId}><summary><b>${one.event}</b> ${short(one.orderId)}
  <span class="end">${badge(one.state)} received ${one.receives} of ${one.maxReceives} times ${one.nextAttemptAt && `· next ${until(one.nextAttemptAt)}`} · sent ${timeOf(one.sentAt)}</span></summary>${one.orderId && orderLink(one.orderId)}
  ${one.setAsideAt && html`<p class="dim">Set aside at ${timeOf(one.setAsideAt)}, ${until(one.setAsideAt)}, if every receive fails.</p>`}
  ${actions}<pre tabindex="0">${laidOut(one.body)}</pre></details>`;

export function Queue({ name }: { name: string }): View {
  const queue = useLoaded<QueueDetails>(`queues/${name}`);
  if (!queue) return html`<h1>${name}</h1>${empty("Loading.")}`;
  const redrive = async (messageIds?: readonly string[]): Promise<void> => {
    const send = (dryRun: boolean) => change<{ redriven: number }>("POST", `queues/${name}/redrive`, { messageIds, dryRun });
    const { redriven = 0 } = (await send(true)) ?? {};
    if (!confirm(`${redriven} dead letters would be sent to ${name} as new messages. Send them?`)) return;
    const done = await send(false);
    if (done) say(`${done.redriven} sent to ${name} again.`);
  };
  const purge = async (): Promise<void> => {
    const count = queue.dead;
    if (!confirm(`Delete ${count} dead letters of ${name} for good?`)) return;
    if (await change("POST", `queues/${name}/purge`, { count })) say(`The dead letters of ${name} are deleted.`);
  };
  const groups = Map.groupBy(queue.deadLetters, ({ error }) => error ?? "no error was logged");
  return html`<p class="crumb"><a href="/_local/queues">Queues</a></p><h1>${name}</h1>
  <p class="tools"><span>${queue.ready} ready</span><span>${queue.inFlight} in flight</span><span>${queue.delayed} delayed</span><span>${queue.dead} dead</span>
  ${queue.oldestAt && html`<span>the oldest is ${ageOf(queue.oldestAt)} old</span>`}</p>
  <h2>Dead letters</h2>${queue.dead === 0 ? empty("None.") : html`<p class="tools"><button onClick=${() => redrive()}>Redrive all…</button> <button class="danger" onClick=${purge}>Purge…</button></p>`}
  ${[...groups].map(
    ([error, letters]) => html`<h3 class="tools"><span class="error">${error}</span> <span class="dim">${letters.length}</span>
  <button onClick=${() => redrive(letters.map(({ messageId }) => messageId))}>Redrive these…</button></h3>
  ${letters.map((letter) => message(letter, html`<${Edit} consumer=${name} letter=${letter} />`))}`,
  )}
  <h2>Messages</h2>${empty(queue.messages.length === 0 ? "The queue is empty." : "A look counts no receive.")}
  ${queue.messages.map((one) => message(one))}`;
}
