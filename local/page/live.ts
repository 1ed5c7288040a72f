import type { ServerResponse } from "node:http";
import type { PageArgs } from "./args.ts";
import { consumersOf, queueView } from "./queues.ts";
import { textOf, type Report } from "../reload/report.ts";
import type { Summaries } from "./summaries.ts";
import type { Count } from "../history/counters.ts";
import type { Counts, Pushed } from "./views.ts";

/** How often a page is told what has changed, at most. */
const TICK_MS = 500;
/** A client that has so much unread is cut off: it connects again when it reads again. */
const MOST_UNREAD = 256 * 1024;
/** Rows in one message; a page that has missed more of them loads the list again. */
const MOST_ROWS = 500;

/** Pushes what changes to the pages that are open. While none is, nothing runs. */
export interface Live {
  /** Begins to write server-sent events to a response. */
  open(response: ServerResponse): void;
}

/** No page is open yet. */
export function createLive(args: PageArgs, summaries: Summaries): Live {
  const pages = new Set<ServerResponse>();
  let timer: NodeJS.Timeout | undefined;
  let unwatch: (() => void) | undefined;
  let happened = false;
  /** What the pages were told last, as JSON. */
  const told = new Map<string, string>();

  const send = (page: ServerResponse, text: string): void => {
    page.write(text);
    if (page.writableLength > MOST_UNREAD) page.destroy();
  };
  const state = async (): Promise<Pushed> => {
    const messaging = await args.messaging;
    return {
      queues: consumersOf(args, messaging).map((consumer) => queueView(args, consumer)),
      counts: countsOf([...args.history.counters.invocations, ...args.history.counters.calls]),
      faults: { ...args.faults.get() },
      mails: args.mailbox.list().length,
      notice: noticeOf(args.reports.list().reports),
    };
  };
  /** The parts of the state that the pages have not been told. */
  const changed = (now: Pushed): Pushed =>
    Object.fromEntries(
      Object.entries(now).filter(([name, value]) => {
        const text = JSON.stringify(value);
        const isNew = told.get(name) !== text;
        told.set(name, text);
        return isNew;
      }),
    );
  const tick = async (): Promise<void> => {
    const isNews = happened;
    happened = false; // before the reading: what happens meanwhile is read the next time
    const rows = isNews ? await summaries.refresh() : [];
    const news = { ...changed(await state()), ...(rows.length > 0 && { orders: rows.slice(-MOST_ROWS) }) };
    if (Object.keys(news).length === 0) return;
    const text = `data: ${JSON.stringify(news)}\n\n`;
    for (const page of pages) send(page, text);
  };
  const again = (): void => {
    timer = setTimeout(() => {
      tick()
        .catch(() => undefined) // a service that has stopped; the next tick asks again
        .finally(() => pages.size > 0 && again());
    }, TICK_MS).unref();
  };
  const close = (page: ServerResponse): void => {
    pages.delete(page);
    if (pages.size > 0) return;
    clearTimeout(timer);
    unwatch?.();
    told.clear();
  };

  return {
    open: (response) => {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      response.once("close", () => close(response));
      if (pages.size === 0) {
        unwatch = args.history.watch(() => (happened = true));
        again();
      }
      pages.add(response);
      void state().then((now) => send(response, `retry: 1000\ndata: ${JSON.stringify(now)}\n\n`));
    },
  };
}

/** What is wrong with the project's files since their last save, as the terminal has it. */
function noticeOf(reports: readonly Report[]): string {
  const ran = reports.findLast(({ kind }) => kind !== "types" && kind !== "unchanged");
  if (ran?.kind === "broken" || ran?.kind === "refused") return textOf(ran) ?? "";
  const types = reports.findLast(({ kind }) => kind === "types");
  return types?.kind === "types" && types.problems.length > 0 ? (textOf(types) ?? "") : "";
}

const countsOf = (counts: readonly (readonly [string, Count])[]): Counts =>
  Object.fromEntries(counts.map(([key, { count, failed }]) => [key, [count, failed] as const]));
