import { once } from "node:events";
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** What Node's parser refuses, by its code; anything else is a 400. https://nodejs.org/api/http.html#event-clienterror */
const statuses: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};

/**
 * Answers what is not HTTP with a JSON body, as API Gateway's own answers have one. Requests that came whole before it on
 * the same connection are answered first: a client takes the first answer for that of its first request.
 */
export function answerMalformed(server: Server): void {
  const underWay = new Map<Duplex, Set<ServerResponse>>();
  server.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
    const responses = underWay.get(socket) ?? new Set();
    underWay.set(socket, responses.add(response));
    response.once("close", () => {
      responses.delete(response);
      if (responses.size === 0) underWay.delete(socket);
    });
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const whole = [...(underWay.get(socket) ?? [])].filter(({ req }) => req.complete);
    void Promise.all(whole.map((response) => once(response, "close"))).then(() => {
      if (socket.writable) socket.end(textOf(statuses[error.code ?? ""] ?? 400));
      else socket.destroy();
    });
  });
  server.on("checkExpectation", (_request, response) => {
    const body = bodyOf(417);
    response.writeHead(417, { "content-type": "application/json", "content-length": body.length, connection: "close" });
    response.end(body);
  });
}

const bodyOf = (status: number): string => JSON.stringify({ message: STATUS_CODES[status] });

const textOf = (status: number): string =>
  [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Content-Type: application/json",
    `Content-Length: ${bodyOf(status).length}`,
    "Connection: close",
    "",
    bodyOf(status),
  ].join("\r\n");
