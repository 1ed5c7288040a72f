import { render } from "preact";
import { useEffect } from "preact/hooks";
import { Order } from "./order.ts";
import { Orders } from "./orders.ts";
import { Queue, Queues } from "./queues.ts";
import { connected, dead, faults, listen, notice, path, said } from "./state.ts";
import { endFaults, Faults, Mailbox, Stock, Try } from "./tools.ts";
import { Topology } from "./topology.ts";
import { badge, html, type View } from "./ui.ts";

const views: Readonly<Record<string, readonly [title: string, view: (id: string) => View]>> = {
  topology: ["Topology", (id) => html`<${Topology} id=${id} />`],
  orders: ["Orders", (id) => (id ? html`<${Order} key=${id} id=${id} />` : html`<${Orders} />`)],
  queues: ["Queues", (id) => (id ? html`<${Queue} key=${id} name=${id} />` : html`<${Queues} />`)],
  try: ["Try it", () => html`<${Try} />`],
  faults: ["Faults", () => html`<${Faults} />`],
  mailbox: ["Mailbox", () => html`<${Mailbox} />`],
  stock: ["Stock", () => html`<${Stock} />`],
};

function Page(): View {
  const [name = "", id = ""] = path.value.split("/").map(decodeURIComponent);
  const [title = "", view] = views[name] ?? [];
  useEffect(() => void (document.title = `${title} · order-fanout`), [title]);
  const broken = Object.keys(faults.value);
  return html`<header><a class="brand" href="/_local/">order-fanout</a>
  <nav aria-label="Views">${Object.entries(views).map(([one, [label]]) => html`<a href="/_local/${one}" aria-current=${one === name ? "page" : undefined}>${label} ${one === "queues" && dead.value > 0 && badge(dead.value, "dead")}</a>`)}<a href="/_local/api">API</a></nav>
  <span class="live ${connected.value ? "good" : "bad"}" role="status">${connected.value ? "● live" : "○ not connected"}</span></header>
  ${broken.length > 0 && html`<p class="banner">Faults are on: ${broken.join(", ")}. <button onClick=${endFaults}>End them</button></p>`}
  ${notice.value && html`<pre class="banner">${notice.value}</pre>`}
  <main tabindex="-1">${view?.(id) ?? html`<h1>Nothing is here</h1>`}</main>
  <div role="status" class="said ${said.value?.bad && "bad"}">${said.value && html`${said.value.text} <button aria-label="Dismiss" onClick=${() => (said.value = undefined)}>✕</button>`}</div>`;
}

listen();
render(html`<${Page} />`, document.body);
