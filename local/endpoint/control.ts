import type { IncomingMessage, ServerResponse } from "node:http";
import type { Delivery } from "../lambda/deliveries.ts";
import type { Journal } from "../outside/journal.ts";
import type { PageArgs } from "../page/args.ts";
import type { Page } from "../page/serve.ts";
import { SesSettings, type Ses } from "../outside/ses.ts";
import { parseJson } from "../shared/json.ts";
import { FaultSettings } from "./faults.ts";
import { recordCall, type JudgedCall } from "./record-call.ts";
import { holdOrLose, meetHost } from "./meet-faults.ts";
import { sendJson } from "./protocol.ts";
import { tokenHeader } from "./web-pages.ts";

/** What people and tests look at and set under /_local/. */
export interface ControlArgs extends PageArgs {
  /** Takes e-mails. */
  readonly ses: Ses;
  /** How each delivery of messages was answered. */
  readonly deliveries: Journal<Delivery>;
}

/** Paths under /_local/: ours, not AWS's. */
export async function serveControl(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  args: ControlArgs,
  page: () => Promise<Page>,
): Promise<void> {
  const [path = "", query = ""] = (request.url ?? "").split(/\?(.*)/s);
  if (path.startsWith("/_local/internet/")) return serveInternet(request, response, body, args);
  if (await (await page()).serve(request, response, body)) return;
  const { mailbox, deliveries, history, hosts, faults, ses, issuer, reports } = args;
  const document = request.method === "GET" ? issuer?.documents[path] : undefined;
  if (document !== undefined) return sendJson(response, 200, document);
  const put = <T>(schema: { safeParse: (value: unknown) => { data?: T; error?: Error } }, set: (value: T) => void) => {
    const { data, error } = schema.safeParse(parseJson(body.toString()));
    if (data === undefined) return { status: 400, value: { message: error?.message } };
    set(data);
    return { status: 200, value: data };
  };
  const reset = (set: (value: object) => void) => {
    set({});
    return { status: 200, value: {} };
  };
  const get = (value: unknown) => ({ status: 200, value });
  const [, orderId] = /^\/_local\/orders\/([^/]+)$/.exec(path) ?? [];
  const key = `${request.method} ${orderId === undefined ? path : "/_local/orders/{orderId}"}`;
  const served: Readonly<Record<string, () => { status: number; value: unknown }>> = {
    "GET /_local/mailbox": () => get(mailbox.list()),
    "DELETE /_local/orders/{orderId}": () => {
      history.forget(orderId ?? "");
      return get({ messages: mailbox.forget(orderId ?? "") });
    },
    "GET /_local/deliveries": () => get(deliveries.entries),
    "GET /_local/calls": () => get(history.list(new URLSearchParams(query).get("order") ?? undefined)),
    "GET /_local/reload": () => get(reports.list()),
    "GET /_local/hosts": () => get(hosts.list()),
    "GET /_local/faults": () => get(faults.get()),
    "PUT /_local/faults": () => put(FaultSettings, faults.set),
    "DELETE /_local/faults": () => reset(faults.set),
    "GET /_local/ses": () => get(ses.settings()),
    "PUT /_local/ses": () => put(SesSettings, ses.set),
    "DELETE /_local/ses": () => reset(ses.set),
  };
  const { status, value } = served[key]?.() ?? { status: 404, value: { message: `there is no ${key}` } };
  sendJson(response, status, value);
}

/** A function's request to the world outside: hosts that are played answer, no other exists. */
async function serveInternet(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  { hosts, faults, history }: ControlArgs,
): Promise<void> {
  const { "x-local-url": url, "x-local-method": method, ...given } = request.headers;
  if (typeof url !== "string" || typeof method !== "string")
    return sendJson(response, 400, { message: "not from a function" });
  const called = new URL(url);
  const caller = given["x-local-caller"];
  const operation = `${called.protocol}${method} ${called.host}${called.pathname}`;
  // The internet is open to every function. What a person or a test sends to a host, its new credential perhaps, is no call.
  if (typeof caller === "string") {
    const call: JudgedCall = {
      function: caller,
      operation,
      verdict: "allowed",
      asked: [],
      body: () => body.toString(),
    };
    recordCall(request, response, call, history);
  }
  await meetHost(called.host, faults);
  await holdOrLose(request, response, faults);
  const sent = Object.entries(given).filter(([name]) => name !== tokenHeader);
  const headers = Object.fromEntries(sent.map(([name, value = ""]) => [name, String(value)]));
  const { answer, note } = hosts.answer({ method, url: called, headers, text: body.toString() });
  const told = note === undefined ? {} : { "x-local-note": encodeURIComponent(note) };
  if (answer === undefined) return sendJson(response, 502, {}, { "x-local-no-such-host": "1", ...told });
  sendJson(response, answer.status, answer.body, { ...answer.headers, ...told });
}
