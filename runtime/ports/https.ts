import type { Opening, Scope } from "./port.ts";

export interface HttpsRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface HttpsPort {
  /** Sends JSON and reads JSON, within 3 s. A status is an answer, whatever it is; a connection that fails is thrown. */
  request(url: string, request: HttpsRequest): Promise<{ status: number; body: unknown }>;
}

const TIMEOUT_MS = 3_000;

export function open({ calls }: Opening) {
  return ({ signal }: Scope): HttpsPort => ({
    request: (url, { method, headers, body }) =>
      calls({ service: "https", operation: method, input: { url, headers, body } }, async () => {
        const response = await fetch(url, {
          method,
          headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
          ...(body !== undefined && { body: JSON.stringify(body) }),
          signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
          redirect: "error",
        });
        return { status: response.status, body: parse(await response.text()) };
      }),
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
