import type { EventType } from "../../contracts/cloud-event.ts";
import type { RouteResponse } from "../define/route.ts";
import { bucket, email, https, ledger, sms, table, topic, type Kind, type Use } from "../define/uses.ts";
import { consume } from "./consume.ts";
import { serve } from "./serve.ts";

/** A use as an inline callback captures it: plain, without the code behind its kind, which this file brings. */
interface PlainUse {
  readonly kind: Kind;
  readonly verbs: readonly string[];
}

/** An inline callback has no settings, and a secret is named by one: it has none, and needs no client of SSM. */
const secret = (): Use<"secret", never> => ({
  kind: "secret",
  verbs: [],
  load: async () => ({ open: () => () => ({ get: async () => undefined }) }),
});

const kinds: { readonly [K in Kind]: () => Use<K, never> } = {
  table,
  bucket,
  topic,
  ledger,
  email,
  sms,
  https,
  secret,
};

const withCode = (plain: Readonly<Record<string, PlainUse>>): Record<string, Use> =>
  Object.fromEntries(Object.entries(plain).map(([name, { kind, verbs }]) => [name, { ...kinds[kind](), verbs }]));

/** The plain values that an inline callback of a consumer captures beside its own code. */
interface CapturedConsumer {
  /** The types of its events: a schema does not serialize. */
  readonly on: readonly string[];
  readonly uses: Readonly<Record<string, PlainUse>>;
  readonly concurrency: number | undefined;
}

/** Makes the runtime of inline callbacks, with the events of the program. */
export const inlineRuntime = (events: readonly EventType[]) => ({
  /** Makes the Lambda handler of an inline callback of a consumer. */
  consumeInline: (handle: (event: never, context: never) => Promise<unknown>, captured: CapturedConsumer) =>
    consume({
      handle,
      on: events.filter(({ type }) => captured.on.includes(type)),
      uses: withCode(captured.uses),
      ...(captured.concurrency !== undefined && { concurrency: captured.concurrency }),
    }),

  /** Makes the Lambda handler of an inline callback of a route. */
  serveInline: (
    handle: (request: never, context: never) => Promise<RouteResponse>,
    captured: { readonly uses: Readonly<Record<string, PlainUse>> },
  ) => serve({ handle, uses: withCode(captured.uses) }),
});

export type InlineRuntime = ReturnType<typeof inlineRuntime>;
