import type { IncomingMessage } from "node:http";

/** The header that carries the token. */
export const tokenHeader = "x-local-token";

/**
 * The reason to refuse an AWS call that a web page makes in the developer's browser; undefined for SDKs, which send neither
 * header. A page can send a form or a plain text anywhere without a preflight, and it knows the access key.
 * https://fetch.spec.whatwg.org/#origin-header, https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header
 */
export function refusePageCall({ headers }: IncomingMessage): string | undefined {
  if (headers.origin === undefined && !isFromElsewhere(headers)) return undefined;
  return "AWS calls of web pages are refused: pages reach the HTTP API alone, where its CORS allows it.";
}

/**
 * The reason to refuse a request under /_local/; undefined where it may be answered. Everybody on this machine may look,
 * web pages of other origins excepted; to change something takes the token of this start.
 */
export function refuseControl(request: IncomingMessage, token: string): string | undefined {
  const { headers, method } = request;
  const { host = "", origin = `http://${host}` } = headers;
  const opened = method === "GET" && headers["sec-fetch-dest"] === "document"; // a link to the mailbox, say
  if (origin !== `http://${host}` || (isFromElsewhere(headers) && !opened))
    return "Web pages of other origins are refused under /_local/.";
  if (method === "GET" || method === "HEAD" || headers[tokenHeader] === token) return undefined;
  return `A change under /_local/ takes the token of this start: send it as ${tokenHeader}, from the file token of the state folder or from "local" in its outputs.json.`;
}

/** Whether somebody has opened this port in a browser: no SDK asks for HTML, and each signs. */
export const isVisitor = ({ headers, method, url }: IncomingMessage): boolean =>
  method === "GET" &&
  url === "/" &&
  headers.authorization === undefined &&
  (headers.accept?.includes("text/html") ?? false);

const isFromElsewhere = (headers: IncomingMessage["headers"]): boolean =>
  ["cross-site", "same-site"].includes(String(headers["sec-fetch-site"]));
