import * as z from "zod";
import type { HostDefinition, OpenJournal } from "../../../local/outside/define-host.ts";

const Request = z.object({
  url: z.string().transform((url) => new URL(url)),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.unknown(),
});

/** A call that nobody plays, or whose player failed: the test's mistake, and no fault. */
export class OutsideError extends Error {
  override readonly name = "OutsideError";
}

/** The hosts outside, played by the definitions that the local cloud takes, with their journals in memory. */
export class Outside {
  readonly #hosts = new Map<string, { journal: unknown[]; answer: ReturnType<HostDefinition["play"]> }>();

  constructor(hosts: readonly HostDefinition[]) {
    for (const { host, play } of hosts) {
      const journal: unknown[] = [];
      const open: OpenJournal = <T>() => {
        const entries: T[] = [];
        const append = (entry: T) => {
          entries.push(entry);
          journal.push(entry);
        };
        return { entries, append };
      };
      const answer = play(open);
      this.#hosts.set(host, { journal, answer });
    }
  }

  /** What a host has kept. */
  journal(host: string): readonly unknown[] {
    return this.#hosts.get(host)?.journal ?? [];
  }

  /**
   * Answers a request of `https`.
   * @throws OutsideError where no host plays it, or the host's own code throws.
   */
  answer(method: string, input: unknown): { status: number; body: unknown } {
    const { url, headers, body } = Request.parse(input);
    const text = body === undefined ? "" : JSON.stringify(body);
    const request = { method, url, headers: Object.fromEntries(new Headers(headers)), text };
    const called = `${method} ${url.origin}${url.pathname}`;
    const answer = attempt(called, () => this.#hosts.get(url.host)?.answer(request));
    if (!answer) {
      throw new OutsideError(
        `${called}: this world plays no such host and route, only those of ${[...this.#hosts.keys()].join(", ")}. ` +
          `Give it one: create({ hosts: [defineHost({ host: "${url.host}", routes: { "${method} ${url.pathname}": ... } })] }).`,
      );
    }
    return { status: answer.status, body: answer.body === undefined ? undefined : overTheWire(answer.body) };
  }
}

function attempt<T>(called: string, play: () => T): T {
  try {
    return play();
  } catch (error) {
    throw new OutsideError(`${called}: the host's own code failed: ${String(error)}`, { cause: error });
  }
}

const overTheWire = (body: unknown): unknown => JSON.parse(JSON.stringify(body));
