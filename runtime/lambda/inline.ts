import { events, type EventType } from "../../contracts/events.ts";
import { consume } from "./consume.ts";
import type { RouteResponse } from "../define/route.ts";
import { serve } from "./serve.ts";
import { bucket, email, https, ledger, sms, table, topic, type Kind, type Use } from "../define/uses.ts";

/** A use as an inline callback captures it: plain, without the code behind its kind, which this file brings. */
interface PlainUse {
  readonly kind: Kind;
  readonly verbs: readonly string[];
}

const loads: Readonly<Record<Kind, Use["load"]>> = {
  table: table().load,
  bucket: bucket().load,
  topic: topic().load,
  ledger: ledger().load,
  email: email().load,
  sms: sms().load,
  https: https().load,
};

const load = (plain: Readonly<Record<string, PlainUse>>): Record<string, Use> =>
  Object.fromEntries(Object.entries(plain).map(([name, use]) => [name, { ...use, load: loads[use.kind] }]));

/** The Lambda handler of an inline callback of a consumer; its events are named, because a schema does not serialize. */
export const consumeInline = (
  handle: (event: never, context: never) => Promise<void>,
  captured: {
    readonly on: readonly string[];
    readonly uses: Readonly<Record<string, PlainUse>>;
    readonly concurrency: number | undefined;
  },
) =>
  consume({
    handle,
    on: events.filter((event: EventType) => captured.on.includes(event.type)),
    uses: load(captured.uses),
    ...(captured.concurrency !== undefined && { concurrency: captured.concurrency }),
  });

/** The Lambda handler of an inline callback of a route. */
export const serveInline = (
  handle: (request: never, context: never) => Promise<RouteResponse>,
  captured: { readonly uses: Readonly<Record<string, PlainUse>> },
) => serve({ handle, uses: load(captured.uses) });
