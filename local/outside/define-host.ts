import * as z from "zod";
import { parseJson } from "../shared/json.ts";
import type { Journal } from "./journal.ts";

/** A request as a route of a played host gets it. */
export interface HostRequest<T = never> {
  readonly url: URL;
  /** The values of the path's `{names}`, decoded. */
  readonly pathParameters: Readonly<Record<string, string>>;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed JSON; undefined for a body that is not JSON. */
  readonly body: unknown;
  /** The body as it came. */
  readonly text: string;
  /** What the host keeps. Survives a restart of the local cloud, until `--fresh`. */
  readonly journal: Journal<T>;
}

export interface HostAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

interface HostArgs<T> {
  /** As in its URLs: lower case, with a port unless it is 443. */
  readonly host: string;
  /** The schema of one entry of the journal, for a host that keeps something. */
  readonly entry?: z.ZodType<T>;
  /** By method and path, parameters in braces: `DELETE /v1/shipments/{orderId}`. The first that fits answers. */
  readonly routes: Readonly<Record<string, (request: HostRequest<T>) => HostAnswer>>;
}

/** A request as it came. */
export type Incoming = Pick<HostRequest, "url" | "headers" | "text"> & { readonly method: string };

/** Opens a list that the host keeps, empty or as it was left. */
export type OpenJournal = <T>(entry: z.ZodType<T>) => Journal<T>;

/** An HTTPS host outside, played. */
export interface HostDefinition {
  readonly host: string;
  /** Begins to play it. Gives what answers a request: undefined when no route is for its method and path. */
  readonly play: (openJournal: OpenJournal) => (request: Incoming) => HostAnswer | undefined;
}

/**
 * Plays an HTTPS host that consumers call. As the default export of a file in local/outside/hosts/ it answers in the
 * local cloud; a test's world takes the same definition.
 * @throws Error when the host or a route is not well formed.
 */
export function defineHost<T = never>({ host, entry, routes }: HostArgs<T>): HostDefinition {
  if (URL.parse(`https://${host}`)?.host !== host)
    throw new Error(`the host must be a name in lower case; got "${host}". Write it as in "carrier.test".`);
  const wrong = Object.keys(routes).find((key) => !/^[A-Z]+ \/([^\s{}?#]|\{\w+\})*$/.test(key));
  if (wrong !== undefined)
    throw new Error(
      `a route must be a method and a path; got "${wrong}". Write it as in "DELETE /shipments/{orderId}".`,
    );

  return {
    host,
    play: (openJournal) => {
      const journal = openJournal<T>(entry ?? z.never());
      return ({ method, url, headers, text }) => {
        for (const [key, answer] of Object.entries(routes)) {
          const pathParameters = match(key, `${method} ${url.pathname}`);
          if (pathParameters) return answer({ url, pathParameters, headers, body: parseJson(text), text, journal });
        }
        return undefined;
      };
    },
  };
}

function match(key: string, called: string): Record<string, string> | undefined {
  const pattern = key.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  const found = new RegExp(`^${pattern}$`).exec(called);
  if (!found) return undefined;
  return Object.fromEntries(
    Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
  );
}
