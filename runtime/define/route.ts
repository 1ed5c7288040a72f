import type * as z from "zod";
import type { EventType } from "../../contracts/cloud-event.ts";
import type { Context, NeedsOfEmits, Shared, Uses } from "./types.ts";
import type { Use } from "./uses.ts";

/** A request as a route's handler gets it. */
export interface RouteRequest<B = undefined> {
  /** The body, parsed by the route's schema; without one, `undefined`. */
  readonly body: B;
  /** By lower-case name; what came more than once is joined by commas (payload format 2.0). */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly pathParameters: Readonly<Record<string, string | undefined>>;
  readonly method: string;
  readonly path: string;
  /** The API's route keys, such as `GET /orders/{orderId}`: for the `$default` route alone, empty elsewhere. */
  readonly routes: readonly string[];
}

/** An answer. A `body` is sent as JSON. An error is a `Problem`, thrown. */
export interface RouteResponse {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What `OrderApi` takes for a route: uses resources `N` (name to kind), emits events of the types `T`. */
export interface Route<in N = never, out T extends string = string> {
  readonly module?: ImportMeta;
  readonly emits?: readonly EventType<T>[];
  readonly uses?: Readonly<Record<string, Use>>;
  readonly body?: z.ZodType;
  readonly handle: (request: never, context: never) => Promise<RouteResponse>;
  readonly needs?: (resources: N) => void;
}

/** A handler in a file of its own is bundled. An inline callback is serialized, which a schema would not survive. */
type InFile<B extends z.ZodType> =
  | {
      /** `import.meta` of the handler's own file. */
      module: ImportMeta;
      /** The schema of the JSON body. With one, all that is unreadable or invalid is answered before `handle` is called. */
      body?: B;
    }
  | { module?: never; body?: never };

interface Definition<B extends z.ZodType, M extends EventType, U> {
  /** The events that it may emit, each in the transaction of the change that it announces. */
  emits?: readonly M[];
  /** The resources that it uses, by the name the program offers them under. */
  uses?: U;
  handle: (request: RouteRequest<z.output<B>>, context: Context<U, M, z.ZodUndefined>) => Promise<RouteResponse>;
}

/** Defines a route of the API. */
export function route<
  B extends z.ZodType = z.ZodUndefined,
  const M extends EventType = never,
  const U extends Uses = Record<never, never>,
>(definition: Definition<B, M, U> & InFile<B>): Route<Shared<U> & NeedsOfEmits<M>, M["type"]> {
  return definition;
}
