import type { IncomingMessage, ServerResponse } from "node:http";
import type { Delivery } from "../lambda/deliveries.ts";
import type { Hosts } from "../outside/hosts.ts";
import type { Journal } from "../outside/journal.ts";
import type { Issuer } from "../issuer/issuer.ts";
import type { Mailbox } from "../outside/mailbox.ts";
import type { Reports } from "../reload/report.ts";
import { SesSettings, type Ses } from "../outside/ses.ts";
import { parseJson } from "../shared/json.ts";
import type { CallLog } from "./call-log.ts";
import { FaultSettings, type Faults } from "./faults.ts";
import { holdOrLose } from "./meet-faults.ts";
import { sendJson } from "./protocol.ts";
import { tokenHeader } from "./web-pages.ts";

/** What people and tests look at and set under /_local/. */
export interface ControlArgs {
  /** Captured e-mails and SMS. */
  readonly mailbox: Mailbox;
  /** Takes e-mails. */
  readonly ses: Ses;
  /** How each delivery of messages was answered. */
  readonly deliveries: Journal<Delivery>;
  /** The calls of functions. */
  readonly calls: CallLog;
  /** Answers the requests of functions to the internet. */
  readonly hosts: Hosts;
  /** What goes wrong with the calls of functions. */
  readonly faults: Faults;
  /** The identity provider, where the API asks for its tokens. */
  readonly issuer: Issuer | undefined;
  /** What came of the saves of the project's files. */
  readonly reports: Pick<Reports, "list">;
}

/** Paths under /_local/: ours, not AWS's. */
export async function serveControl(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  args: ControlArgs,
): Promise<void> {
  const [path = "", query = ""] = (request.url ?? "").split(/\?(.*)/s);
  if (path.startsWith("/_local/internet/")) return serveInternet(request, response, body, args);
  const { mailbox, deliveries, calls, hosts, faults, ses, issuer, reports } = args;
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
    "DELETE /_local/orders/{orderId}": () => get({ messages: mailbox.forget(orderId ?? "") }),
    "GET /_local/deliveries": () => get(deliveries.entries),
    "GET /_local/calls": () => get(calls.list(new URLSearchParams(query).get("order") ?? undefined)),
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
  { hosts, faults }: ControlArgs,
): Promise<void> {
  const { "x-local-url": url, "x-local-method": method, ...given } = request.headers;
  if (typeof url !== "string" || typeof method !== "string")
    return sendJson(response, 400, { message: "not from a function" });
  await holdOrLose(request, response, faults);
  const sent = Object.entries(given).filter(([name]) => name !== tokenHeader);
  const headers = Object.fromEntries(sent.map(([name, value = ""]) => [name, String(value)]));
  const { answer, note } = hosts.answer({ method, url: new URL(url), headers, text: body.toString() });
  const told = note === undefined ? {} : { "x-local-note": encodeURIComponent(note) };
  if (answer === undefined) return sendJson(response, 502, {}, { "x-local-no-such-host": "1", ...told });
  sendJson(response, answer.status, answer.body, { ...answer.headers, ...told });
}
