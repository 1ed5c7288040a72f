import { isRecord } from "./check.ts";

/**
 * Domains that nobody can own: for examples and tests (https://www.rfc-editor.org/rfc/rfc2606,
 * https://www.rfc-editor.org/rfc/rfc6761). SES verifies none of them, and no host answers there.
 */
const RESERVED = /(^|\.)(example\.(com|net|org)|example|invalid|test|localhost)\.?$/i;

/** A mistake for each setting, origin, issuer and address of alarms that names a host in a reserved domain. */
export function reservedDomains({ consumers, corsOrigins, auth, alarms }: Readonly<Record<string, unknown>>): string[] {
  // An audience is a name, also where it looks like a URL.
  const issuer = isRecord(auth) ? auth["issuer"] : undefined;
  return Object.entries({ consumers, corsOrigins, "auth.issuer": issuer, alarms }).flatMap(([key, value]) =>
    within(value, key),
  );
}

function within(value: unknown, at: string): string[] {
  if (typeof value === "string") {
    return hostsIn(value)
      .filter((host) => RESERVED.test(host))
      .map((host) => `${at}: ${host} is in a domain for examples and tests; got "${value}". Use one of yours`);
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => within(inner, `${at}.${key}`));
}

/** The hosts of the URLs and e-mail addresses in a text, or the text itself where it is a bare host. */
function hostsIn(text: string): string[] {
  if (/^[a-z0-9-]+(\.[a-z0-9-]+)+\.?$/i.test(text)) return [text];
  return [...text.matchAll(/(?:@|\/\/)([a-z0-9.-]+)/gi)].flatMap(([, host]) => host ?? []);
}
