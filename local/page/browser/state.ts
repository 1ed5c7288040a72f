// What the page knows, and how it asks: its own origin alone, under /_local/.
import { computed, signal } from "@preact/signals";
import type { Counts, OrderList, OrderRow, Pushed, QueueView } from "../views.ts";

const token = document.querySelector<HTMLMetaElement>('meta[name="local-token"]')?.content ?? "";

/** The path behind /_local/, such as `orders/1a2b`. */
export const path = signal(here());
export const orders = signal<ReadonlyMap<string, OrderRow>>(new Map());
export const dropped = signal<OrderList["dropped"]>(undefined);
export const queues = signal<readonly QueueView[]>([]);
export const counts = signal<Counts>({});
export const faults = signal<Readonly<Record<string, unknown>>>({});
/** Counts what was pushed: who shows more loads it again. */
export const pushes = signal(0);
export const notice = signal("");
export const connected = signal(false);
export const said = signal<{ text: string; bad: boolean } | undefined>(undefined);
export const dead = computed(() => queues.value.reduce((sum, queue) => sum + queue.dead, 0));

export function say(text: string, bad = false): void {
  said.value = { text, bad };
}

function here(): string {
  return location.pathname.replace(/^\/_local\/?/, "") || "topology";
}

export function go(to: string): void {
  history.pushState(undefined, "", `/_local/${to}`);
  path.value = here();
  said.value = undefined;
  scrollTo(0, 0);
}
addEventListener("popstate", () => (path.value = here()));
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) && event.button === 0;
  if (!link?.pathname.startsWith("/_local/") || link.pathname === "/_local/api" || !plain) return;
  event.preventDefault();
  go(link.pathname.slice(8));
  document.querySelector("main")?.focus();
});

/** Asks for JSON. The server wrote it by the same types. */
export async function get<T>(from: string): Promise<T> {
  const answer = await fetch(`/_local/${from}`, { headers: { accept: "application/json" } });
  const value: unknown = await answer.json();
  if (!answer.ok) throw new Error(reasonIn(value));
  return value as T;
}

/** Gives undefined where it was refused, and says why. */
export async function change<T>(method: string, to: string, body?: unknown, headers = {}): Promise<T | undefined> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  try {
    const answer = await fetch(`/_local/${to}`, { method, headers: { "x-local-token": token, ...headers }, ...sent });
    const value: unknown = await answer.json();
    if (answer.ok) return value as T;
    say(answer.status === 403 ? "Load the page again: the local cloud is another." : reasonIn(value), true);
  } catch {
    say("The local cloud does not answer.", true);
  }
  return undefined;
}

function reasonIn(value: unknown): string {
  type Problem = { message?: string; detail?: string; errors?: { pointer: string; message: string }[] };
  const { message, detail = "It was refused.", errors = [] } = value as Problem;
  return message ?? [detail, ...errors.map((error) => `${error.pointer} ${error.message}.`)].join(" ");
}

export function listen(): void {
  const source = new EventSource("/_local/events");
  source.onopen = () => {
    connected.value = true;
    void get<OrderList>("orders").then((list) => {
      orders.value = new Map(list.orders.map((order) => [order.id, order]));
      dropped.value = list.dropped;
    });
  };
  source.onerror = () => (connected.value = false);
  source.onmessage = ({ data }: MessageEvent<string>) => {
    const pushed = JSON.parse(data) as Pushed;
    const rows = pushed.orders ?? [];
    if (rows.length > 0) {
      const known = new Map(orders.value);
      const fresh = rows.filter(({ id }) => !known.has(id)).reverse();
      for (const row of rows) known.set(row.id, row);
      orders.value = new Map([...fresh.map((row) => [row.id, row] as const), ...known]);
    }
    queues.value = pushed.queues ?? queues.value;
    counts.value = pushed.counts ?? counts.value;
    faults.value = pushed.faults ?? faults.value;
    notice.value = pushed.notice ?? notice.value;
    pushes.value++;
  };
}
