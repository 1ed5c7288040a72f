// What every view is made of.
import { useSignal, useSignalEffect, type Signal } from "@preact/signals";
import htm from "htm";
import { h } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { get, pushes, say } from "./state.ts";
import type { MailView } from "../views.ts";

export const html = htm.bind(h);
export type View = ReturnType<typeof html>;
/** Puts what is typed into a signal. */
export const into = (text: Signal<string>) => (event: { currentTarget: { value: string } }) => void (text.value = event.currentTarget.value);

export const short = (id: string): string => id.slice(0, 8);
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
export const timeOf = (at: number | string): string => (at === "" ? "" : (Date.now() - +new Date(at) < 43_200_000 ? clock : full).format(new Date(at)));

/** `4 ms`, `1.2 s`, `3 min`, `2 h`. */
export function span(ms: number): string {
  if (ms < 1_000) return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10} s`;
  return ms < 5_400_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}
export const until = (at: number): string => (at <= Date.now() ? "now" : `in ${span(at - Date.now())}`);
export const money = ({ amount, currency }: { amount: number; currency: string }): string => new Intl.NumberFormat(undefined, { style: "currency", currency }).format(amount / 100);

const tones = {
  good: ["shipping", "done", "sent", "allowed"],
  info: ["confirmed", "placed", "running"],
  warn: ["retrying", "on-hold"],
  bad: ["dead", "failed", "denied", "rejected"],
};
/** A word with a colour: the word says it too. */
export const badge = (word: string | number, as: string | number = word): View => {
  const [tone = as] = Object.entries(tones).find(([, words]) => words.includes(String(as))) ?? [];
  return html`<span class="badge ${tone}">${word}</span>`;
};

/** Text as it came, JSON laid out. It is a text node, whatever it says. */
export function laidOut(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
export const Text = ({ text, name }: { text: string | null; name: string }): View =>
  html`<figure><figcaption>${name}</figcaption><pre tabindex="0">${laidOut(text ?? "not kept") || "(empty)"}</pre></figure>`;

export const empty = (text: string): View => html`<p class="dim">${text}</p>`;
export const orderLink = (id: string): View => html`<a href="/_local/orders/${id}"><code>${short(id)}</code></a>`;

export const mail = ({ channel, to, subject, text, at }: MailView, about?: View): View =>
  html`<details key=${at + to}><summary><b>${subject || text}</b> <span class="end">${channel} to ${to} ${timeOf(at)}</span></summary>${about}<pre tabindex="0">${text}</pre></details>`;

/** A table that scrolls by itself where it is too wide; a head that begins with > is of numbers. */
export const table = (label: string, heads: readonly string[], rows: unknown): View =>
  html`<div class="scroll" tabindex="0" role="region" aria-label=${label}><table><thead><tr>
  ${heads.map((head) => html`<th class=${head[0] === ">" && "right"}>${head.replace(">", "")}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;

/** A form's fields, without the empty ones. */
export function fieldsOf(event: SubmitEvent): Record<string, string> {
  event.preventDefault();
  const fields = [...new FormData(event.currentTarget as HTMLFormElement)];
  return Object.fromEntries(fields.flatMap(([name, value]) => (typeof value === "string" && value ? [[name, value] as const] : [])));
}

/** Loads JSON, and loads it again while things happen. */
export function useLoaded<T>(from: string): T | undefined {
  const loaded = useSignal<{ from: string; value: T } | undefined>(undefined);
  const timer = useRef(0);
  const load = (): void => {
    get<T>(from).then(
      (value) => (loaded.value = { from, value }),
      (error: unknown) => say(String(error), true),
    );
  };
  useEffect(load, [from]);
  useSignalEffect(() => {
    if (pushes.value === 0) return;
    clearTimeout(timer.current);
    timer.current = setTimeout(load, 150);
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  return loaded.value?.from === from ? loaded.value.value : undefined;
}
