import { Agent, request as http, type ClientRequest, type IncomingMessage } from "node:http";
import { Agent as SecureAgent, request as https } from "node:https";

/** A request as the SDK's protocols make it: its body is in memory. */
interface Request {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string | string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface Answer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** In milliseconds. */
interface Limits {
  /** How long a new connection may take. */
  readonly connectionTimeout: number;
  /** How long a request may take until its answer has been read. */
  readonly requestTimeout: number;
}

/** The SDK's own handler has as many. */
const MAX_SOCKETS = 50;

/**
 * The SDK's transport, in the place that it has for one
 * (https://github.com/aws/aws-sdk-js-v3/blob/main/supplemental-docs/CLIENTS.md#request-handler-requesthandler). With bodies
 * that are in memory it needs one timer a request and no stream of the SDK's: docs/decisions/0090-own-transport.md.
 */
export class HttpHandler {
  readonly metadata = { handlerProtocol: "http/1.1" };
  readonly #limits: Limits;
  readonly #plain = { send: http, agent: new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS }) };
  readonly #secure = { send: https, agent: new SecureAgent({ keepAlive: true, maxSockets: MAX_SOCKETS }) };

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /**
   * Sends a request and reads its answer.
   * @throws Error named `TimeoutError` after a limit, `AbortError` after the signal's abort; otherwise the socket's error.
   */
  handle(request: Request, { abortSignal }: { abortSignal?: object } = {}): Promise<{ response: Answer }> {
    const signal = abortSignal instanceof AbortSignal ? abortSignal : undefined;
    if (signal?.aborted) return Promise.reject(failure("AbortError", "the request was aborted before it was sent"));
    const { hostname, port, method, headers, body } = request;
    const { send, agent } = request.protocol === "https:" ? this.#secure : this.#plain;
    return new Promise((resolve, reject) => {
      const outgoing = send({ host: hostname, port, method, path: targetOf(request), headers, agent }, (incoming) => {
        read(incoming, fail, (answer) => {
          settle();
          resolve({ response: answer });
        });
      });
      const { requestTimeout: ms } = this.#limits;
      const timer = setTimeout(() => fail(failure("TimeoutError", `${hostname} did not answer in ${ms} ms`)), ms);
      const abort = () => fail(failure("AbortError", "the request was aborted"));
      signal?.addEventListener("abort", abort);
      this.#limitConnection(outgoing, hostname, fail);
      outgoing.on("error", fail);
      outgoing.end(body);

      function settle(): void {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
      }
      function fail(error: Error): void {
        settle();
        reject(error);
        outgoing.destroy();
      }
    });
  }

  #limitConnection(outgoing: ClientRequest, hostname: string, fail: (error: Error) => void): void {
    const { connectionTimeout: ms } = this.#limits;
    outgoing.once("socket", (socket) => {
      if (!socket.connecting) return; // kept alive
      const timer = setTimeout(() => fail(failure("TimeoutError", `no connection to ${hostname} in ${ms} ms`)), ms);
      socket.once("connect", () => clearTimeout(timer)).once("close", () => clearTimeout(timer));
    });
  }

  /** The SDK asks every handler for its options. */
  httpHandlerConfigs(): Limits {
    return this.#limits;
  }

  /** The SDK offers the options of its own handler, such as a logger: there are none here. */
  updateHttpClientConfig(): void {}
}

const failure = (name: "AbortError" | "TimeoutError", message: string) => Object.assign(new Error(message), { name });

/** Reads a whole answer. One that breaks off is an error of its stream. */
function read(incoming: IncomingMessage, fail: (error: Error) => void, done: (answer: Answer) => void): void {
  const chunks: Buffer[] = [];
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
  incoming.on("error", fail);
  incoming.on("end", () => {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(incoming.headers)) headers[name] = String(value);
    done({ statusCode: incoming.statusCode ?? 0, headers, body: Buffer.concat(chunks) });
  });
}

function targetOf({ path, query }: Request): string {
  const pairs = Object.entries(query).flatMap(([name, values]) =>
    values === null ? [escape(name)] : [values].flat().map((value) => `${escape(name)}=${escape(value)}`),
  );
  return pairs.length > 0 ? `${path}?${pairs.join("&")}` : path;
}

/** As a signature has it: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
const escape = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
