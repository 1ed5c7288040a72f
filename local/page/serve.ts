import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { missing, ok, type PageAnswer } from "./answer.ts";
import { callApi, replay } from "./api.ts";
import type { PageArgs } from "./args.ts";
import { assetOf, type Asset } from "./assets.ts";
import { changeDeadLetters } from "./dead-letters.ts";
import { apiDocument, pageDocument, type PageDocument } from "./document.ts";
import { faultSwitches } from "./fault-switches.ts";
import { createLive } from "./live.ts";
import { nodeDetails } from "./node-details.ts";
import { orderDetails } from "./order.ts";
import { consumerOf, consumersOf, queueDetails, queueView } from "./queues.ts";
import { setStock, stockList } from "./stock.ts";
import { createSummaries } from "./summaries.ts";
import { topologyOf } from "./topology.ts";
import type { OrderList } from "./views.ts";

/** The local page, and what it shows as JSON at the same addresses. */
export interface Page {
  /** Answers what is the page's; gives false for any other path. Who asks has been judged before. */
  serve(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<boolean>;
}

/** A path and what it answers to GET; `{x}` takes a segment. */
type Read = (names: readonly string[], query: URLSearchParams) => Promise<PageAnswer> | PageAnswer;
type Change = (names: readonly string[], text: string, request: IncomingMessage) => Promise<PageAnswer | undefined>;

/** The addresses that a person opens. */
const isPage = (path: string): boolean =>
  /^\/_local\/((topology|orders|queues)(\/[^/]+)?|try|faults|mailbox|stock)?$/.test(path);

/** Makes the page. Nothing of it runs before somebody opens it. */
export function createPage(args: PageArgs): Page {
  const summaries = createSummaries(args);
  const live = createLive(args, summaries);
  const reads: Readonly<Record<string, Read>> = {
    "/_local/": () => ok(topologyOf(args)),
    "/_local/topology": () => ok(topologyOf(args)),
    "/_local/topology/{id}": async ([id = ""]) => {
      const node = await nodeDetails(args, id);
      return node ? ok(node) : missing(`node ${id}`);
    },
    "/_local/orders": async (_names, query) => ok(filtered(await summaries.list(), query)),
    "/_local/orders/{id}": async ([id = ""]) => {
      const order = await orderDetails(args, id);
      return order ? ok(order) : missing(`order ${id}`);
    },
    "/_local/queues": async () => ok(consumersOf(args, await args.messaging).map((one) => queueView(args, one))),
    "/_local/queues/{name}": async ([name = ""]) => {
      const consumer = await consumerOf(args, name);
      return consumer ? ok(queueDetails(args, consumer)) : missing(`consumer ${name}`);
    },
    "/_local/faults/switches": () => ok(faultSwitches(args)),
    "/_local/stock": async () => ok(await stockList(args)),
    "/_local/openapi.json": () => ok(JSON.parse(readFileSync(join(args.settings.root, "docs/openapi.json"), "utf8"))),
  };
  const changes: Readonly<Record<string, Change>> = {
    "POST /_local/queues/{name}/{verb}": ([name = "", verb = ""], text) => changeDeadLetters(args, name, verb, text),
    "PUT /_local/stock/{sku}": ([sku = ""], text) => setStock(args, sku, text),
    "POST /_local/orders": (_names, text, { headers }) =>
      callApi(args, "/orders", text, headers["idempotency-key"]?.toString()),
    "POST /_local/orders/{id}/cancel": ([id = ""]) =>
      callApi(args, `/orders/${encodeURIComponent(id)}/cancel`, "", undefined),
    "POST /_local/orders/{id}/release": ([id = ""], text) =>
      callApi(args, `/orders/${encodeURIComponent(id)}/release`, text, undefined),
    "POST /_local/orders/{id}/replay": ([id = ""], text) => replay(args, id, text),
  };

  return {
    serve: async (request, response, body) => {
      const [path = "", query = ""] = (request.url ?? "").split(/\?(.*)/s);
      if (request.method !== "GET") {
        const found = find(changes, `${request.method} ${path}`);
        const answer = await found?.value(found.names, body.toString(), request);
        if (answer) sendAnswer(response, answer);
        return answer !== undefined;
      }
      if (path === "/_local") return redirect(response, "/_local/");
      const [, folder, name] = /^\/_local\/(lib|code)\/([^/]+)$/.exec(path) ?? [];
      if (folder !== undefined && name !== undefined) return sendAsset(request, response, assetOf(folder, name));
      if (path === "/_local/events") return (live.open(response), true);
      if (path === "/_local/api") return sendDocument(response, apiDocument());
      if (isPage(path) && accepts(request, "text/html")) return sendDocument(response, pageDocument(args.token));
      const found = find(reads, path);
      if (found) sendAnswer(response, await found.value(found.names, new URLSearchParams(query)));
      return found !== undefined;
    },
  };
}

const accepts = ({ headers }: IncomingMessage, type: string): boolean => headers.accept?.includes(type) ?? false;

/** The entry whose key fits, and what its `{names}` stand for, decoded. */
function find<T>(entries: Readonly<Record<string, T>>, key: string): { value: T; names: string[] } | undefined {
  for (const [pattern, value] of Object.entries(entries)) {
    const expression = pattern.replace(/[.]/g, "\\.").replace(/\{\w+\}/g, "([^/]+)");
    const [all, ...names] = new RegExp(`^${expression}$`).exec(key) ?? [];
    if (all !== undefined) return { value, names: names.map(decode) };
  }
  return undefined;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The list as `status`, `consumer` (who has not done with it), `text` and `limit` of the query want it. */
function filtered({ orders, ...rest }: OrderList, query: URLSearchParams): OrderList {
  const [status, consumer, limit] = ["status", "consumer", "limit"].map((name) => query.get(name));
  const text = query.get("text")?.toLowerCase() ?? "";
  const found = orders.filter(
    (order) =>
      (!status || order.status === status) &&
      (!consumer || ["retrying", "dead"].includes(order.consumers[consumer] ?? "")) &&
      JSON.stringify(order).toLowerCase().includes(text),
  );
  return { orders: limit ? found.slice(0, Number(limit)) : found, ...rest };
}

function sendAnswer(response: ServerResponse, { status, value }: PageAnswer): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", vary: "accept" });
  response.end(JSON.stringify(value));
}

function sendDocument(response: ServerResponse, { html, headers }: PageDocument): true {
  response.writeHead(200, { ...headers, vary: "accept" }).end(html);
  return true;
}

function sendAsset(request: IncomingMessage, response: ServerResponse, asset: Asset | undefined): boolean {
  if (asset === undefined) return false;
  const headers = { etag: asset.etag, "cache-control": "no-cache", "x-content-type-options": "nosniff" };
  if (request.headers["if-none-match"] === asset.etag) response.writeHead(304, headers).end();
  else response.writeHead(200, { ...headers, "content-type": asset.type }).end(asset.body);
  return true;
}

function redirect(response: ServerResponse, location: string): true {
  response.writeHead(302, { location }).end();
  return true;
}
