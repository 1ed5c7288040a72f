import type { IncomingMessage } from "node:http";

/** The names of this machine that a Host header may have. */
const names = ["127.0.0.1", "localhost", "[::1]"];

/**
 * The reason to refuse a request whose Host header does not name this machine and port; undefined where it does. A page
 * whose DNS name leads here (DNS rebinding) is of one origin with what it calls, but its browser sends that name.
 */
export function refuseHost({ headers, url = "" }: IncomingMessage, port: number): string | undefined {
  const known = names.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));
  const [, authority] = /^https?:\/\/([^/?]*)/i.exec(url) ?? [];
  if ([headers.host, authority ?? headers.host].every((host) => known.includes(host?.toLowerCase() ?? "")))
    return undefined;
  return `The Host header does not name this machine. Use http://127.0.0.1:${port}.`;
}
