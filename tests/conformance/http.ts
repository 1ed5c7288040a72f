import { once } from "node:events";
import { request as http, type IncomingMessage } from "node:http";
import { request as https } from "node:https";
import { text } from "node:stream/consumers";

/** An answer of the API, its body read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** One request. Unlike `fetch` it sends a Host header that it is given. */
export async function send(
  method: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  body?: string | Buffer,
): Promise<Answer> {
  const sent = (url.startsWith("https:") ? https : http)(url, { method, headers });
  sent.end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const { statusCode = 0, headersDistinct } = response;
  const received = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    for (const value of values) received.append(name, value);
  }
  return { status: statusCode, headers: received, text: await text(response) };
}
