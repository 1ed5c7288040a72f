import type { EventType } from "../../contracts/cloud-event.ts";
import type { RouteResponse } from "../define/route.ts";
import type { Kind, Use } from "../define/uses.ts";
import { consume } from "./consume.ts";
import { serve } from "./serve.ts";

/** A use as an inline callback captures it: plain, without the code behind its kind, which this file brings. */
interface PlainUse {
  readonly kind: Kind;
  readonly verbs: readonly string[];
}

/** The kinds of the resources that inline callbacks use, each with its code. */
type Kinds = { readonly [K in Kind]?: () => Use<K, never> };

function withCode(plain: Readonly<Record<string, PlainUse>>, kinds: Kinds): Record<string, Use> {
  return Object.fromEntries(
    Object.entries(plain).map(([name, { kind, verbs }]) => {
      const use = kinds[kind]?.();
      if (!use) throw new Error(`the bundle of the inline callback has no code of the kind ${kind}`);
      return [name, { ...use, verbs }];
    }),
  );
}

/** The plain values that an inline callback of a consumer captures beside its own code. */
interface CapturedConsumer {
  /** The types of its events: a schema does not serialize. */
  readonly on: readonly string[];
  readonly uses: Readonly<Record<string, PlainUse>>;
  readonly concurrency: number | undefined;
}

/** Makes the runtime of inline callbacks, with the events of the program. */
export const inlineRuntime = (events: readonly EventType[], kinds: Kinds) => ({
  /** Makes the Lambda handler of an inline callback of a consumer. */
  consumeInline: (handle: (event: never, context: never) => Promise<unknown>, captured: CapturedConsumer) =>
    consume({
      handle,
      on: events.filter(({ type }) => captured.on.includes(type)),
      uses: withCode(captured.uses, kinds),
      ...(captured.concurrency !== undefined && { concurrency: captured.concurrency }),
    }),

  /** Makes the Lambda handler of an inline callback of a route. */
  serveInline: (
    handle: (request: never, context: never) => Promise<RouteResponse>,
    captured: { readonly uses: Readonly<Record<string, PlainUse>> },
  ) => serve({ handle, uses: withCode(captured.uses, kinds) }),
});

export type InlineRuntime = ReturnType<typeof inlineRuntime>;
